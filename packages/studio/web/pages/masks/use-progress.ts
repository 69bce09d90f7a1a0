import { useEffect, useRef, useState } from 'preact/hooks';

const travelMs = 1800;

/**
 * Tells how far units are on their way, from 0 to 1; `move` goes to the other end, at once where
 * the user wants no motion.
 */
export function useProgress() {
  const [progress, setProgress] = useState(1);
  const frame = useRef(0);
  const stop = () => cancelAnimationFrame(frame.current);
  useEffect(() => stop, []);
  const move = () => {
    stop();
    const target = progress === 1 ? 0 : 1;
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) return setProgress(target);
    const [from, begin] = [progress, performance.now()];
    const step = (now: number) => {
      const way = Math.min(1, Math.max(0, now - begin) / travelMs);
      setProgress(target === 1 ? Math.min(1, from + way) : Math.max(0, from - way));
      if (way < Math.abs(target - from)) frame.current = requestAnimationFrame(step);
    };
    frame.current = requestAnimationFrame(step);
  };
  const jump = (to: number) => {
    stop();
    setProgress(to);
  };
  return { progress, move, setProgress: jump };
}
