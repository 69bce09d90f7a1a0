/** An input for the user's images: chosen, dropped anywhere on the page, or pasted. */
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';

interface ImageInputProps {
  readonly label: string;
  readonly onFiles: (files: FileList | null) => void;
}

export function ImageInput({ label, onFiles }: ImageInputProps): JSX.Element {
  return (
    <label class="button">
      {label}
      <input
        type="file"
        accept="image/*"
        class="sr-only"
        onChange={({ currentTarget }) => {
          onFiles(currentTarget.files);
          // The same file can be chosen again.
          currentTarget.value = '';
        }}
      />
    </label>
  );
}

interface FileHandlers {
  readonly onFiles: (files: FileList | undefined) => void;
  /** Whether files are held over the page. */
  readonly onOver?: (isOver: boolean) => void;
}

/** Files that are dropped on the page, or pasted, while the component is there. */
export function useGivenFiles({ onFiles, onOver }: FileHandlers): void {
  useEffect(() => {
    const abort = new AbortController();
    const { signal } = abort;
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
    const over = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      // Or the browser would leave the page for the file.
      event.preventDefault();
      onOver?.(true);
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) onOver?.(false);
    };
    const drop = (event: DragEvent) => {
      onOver?.(false);
      if (!hasFiles(event)) return;
      event.preventDefault();
      onFiles(event.dataTransfer?.files);
    };
    const paste = (event: ClipboardEvent) => onFiles(event.clipboardData?.files);
    document.addEventListener('dragover', over, { signal });
    document.addEventListener('dragleave', leave, { signal });
    document.addEventListener('drop', drop, { signal });
    document.addEventListener('paste', paste, { signal });
    return () => abort.abort();
  }, [onFiles, onOver]);
}
