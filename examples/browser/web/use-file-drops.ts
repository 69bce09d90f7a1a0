import { useEffect, useRef, useState } from 'preact/hooks';
import { droppedFiles } from './workbench/dropped-files.js';

/**
 * Files that are dropped or pasted anywhere on the page.
 *
 * @returns whether files are held over the page
 */
export function useFileDrops(take: (files: File[]) => void): boolean {
  const [isOver, setIsOver] = useState(false);
  const taking = useRef(take);
  taking.current = take;
  useEffect(() => {
    const listening = new AbortController();
    const { signal } = listening;
    const over = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      setIsOver(true);
    };
    const leave = (event: DragEvent) => {
      // Leaving for nowhere is leaving the window; for an element, it is entering that.
      if (event.relatedTarget === null) setIsOver(false);
    };
    const drop = async (event: DragEvent) => {
      if (!event.dataTransfer) return;
      event.preventDefault();
      setIsOver(false);
      taking.current(await droppedFiles(event.dataTransfer));
    };
    const paste = (event: ClipboardEvent) =>
      taking.current([...(event.clipboardData?.files ?? [])]);
    addEventListener('dragover', over, { signal });
    addEventListener('dragleave', leave, { signal });
    addEventListener('drop', (event) => void drop(event), { signal });
    addEventListener('paste', paste, { signal });
    return () => listening.abort();
  }, []);
  return isOver;
}
