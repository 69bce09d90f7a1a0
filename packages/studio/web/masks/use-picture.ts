import { useCallback, useState } from 'preact/hooks';
import { useGivenImages } from '../components/image-input.js';
import { drawnPicture, PictureError, readPicture } from './picture.js';

/** The picture, and how to bring another: what cannot be read leaves the one before. */
export function usePicture() {
  const [picture, setPicture] = useState(drawnPicture);
  const [failure, setFailure] = useState<string>();
  const show = useCallback((file: Blob) => {
    readPicture(file).then(
      (read) => {
        setPicture(read);
        setFailure(undefined);
      },
      (cause) => setFailure(cause instanceof PictureError ? cause.message : String(cause)),
    );
  }, []);
  useGivenImages(show);
  return { picture, failure, show };
}
