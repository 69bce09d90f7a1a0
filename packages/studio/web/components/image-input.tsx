/** How a user brings an image: chosen, dropped anywhere on the page, or pasted. */
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';

interface ImageInputProps {
  readonly label: string;
  readonly onImage: (file: File) => void;
}

export function ImageInput({ label, onImage }: ImageInputProps): JSX.Element {
  return (
    <label class="file">
      {label} …
      <input
        type="file"
        class="sr-only"
        accept="image/*"
        onChange={({ currentTarget }) => {
          const [file] = currentTarget.files ?? [];
          if (file) onImage(file);
          // The same file may be chosen again.
          currentTarget.value = '';
        }}
      />
    </label>
  );
}

/** Images that are dropped on the page, or pasted, while the component is there. */
export function useGivenImages(onImage: (file: File) => void): void {
  useEffect(() => {
    const take = (given: DataTransfer | null) => {
      const [file] = given?.files ?? [];
      if (file) onImage(file);
    };
    const listeners = {
      paste: ({ clipboardData }: ClipboardEvent) => take(clipboardData),
      drop: (event: DragEvent) => {
        event.preventDefault();
        take(event.dataTransfer);
      },
      // Without this, the browser opens what is dropped.
      dragover: (event: DragEvent) => event.preventDefault(),
    };
    const controller = new AbortController();
    const { signal } = controller;
    addEventListener('paste', listeners.paste, { signal });
    addEventListener('drop', listeners.drop, { signal });
    addEventListener('dragover', listeners.dragover, { signal });
    return () => controller.abort();
  }, [onImage]);
}
