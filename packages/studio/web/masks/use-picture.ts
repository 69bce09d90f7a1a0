import { useEffect, useState } from 'preact/hooks';
import { drawnPicture, PictureError, readPicture } from './picture.js';

/** The picture, and how to bring another: what cannot be read leaves the one before. */
export function usePicture() {
  const [picture, setPicture] = useState(drawnPicture);
  const [failure, setFailure] = useState<string>();
  const show = (file: Blob) => {
    readPicture(file).then(
      (read) => {
        setPicture(read);
        setFailure(undefined);
      },
      (cause) => setFailure(cause instanceof PictureError ? cause.message : String(cause)),
    );
  };
  useEffect(() => {
    const take = (given: DataTransfer | null) => {
      const [file] = given?.files ?? [];
      if (file) show(file);
    };
    const paste = ({ clipboardData }: ClipboardEvent) => take(clipboardData);
    const drop = (event: DragEvent) => {
      event.preventDefault();
      take(event.dataTransfer);
    };
    const allow = (event: DragEvent) => event.preventDefault();
    addEventListener('paste', paste);
    addEventListener('drop', drop);
    addEventListener('dragover', allow);
    return () => {
      removeEventListener('paste', paste);
      removeEventListener('drop', drop);
      removeEventListener('dragover', allow);
    };
  }, []);
  return { picture, failure, show };
}
