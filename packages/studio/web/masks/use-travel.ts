import { useEffect, useRef, useState } from 'preact/hooks';

const travelMs = 1200;

/** How far units are on their way to the encoder; starts where they have arrived. */
export function useTravel() {
  const [share, setShare] = useState(1);
  const frame = useRef(0);
  useEffect(() => () => cancelAnimationFrame(frame.current), []);
  const moveTo = (next: number) => {
    cancelAnimationFrame(frame.current);
    setShare(next);
  };
  const play = () => {
    cancelAnimationFrame(frame.current);
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) return setShare(1);
    const startMs = performance.now();
    const advance = () => {
      const passed = Math.min(1, (performance.now() - startMs) / travelMs);
      setShare(passed);
      if (passed < 1) frame.current = requestAnimationFrame(advance);
    };
    advance();
  };
  return { share, moveTo, play };
}
