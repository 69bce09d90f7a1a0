import type { JSX } from 'preact';
import { ImageInput } from '../../../components/image-input.js';
import type { ShownPicture } from './use-picture.js';

interface PictureInputProps {
  readonly shown: ShownPicture;
  /** A sentence about what was wrong with the user's last input. */
  readonly problem: string | undefined;
  readonly open: (files: FileList | null) => void;
  readonly showDrawn: () => void;
}

export function PictureInput({ shown, problem, open, showDrawn }: PictureInputProps): JSX.Element {
  const { name, size } = shown;
  return (
    <div class="controls mask-picture">
      <ImageInput label="Choose an image" onFiles={open} />
      <button type="button" disabled={name === undefined} onClick={showDrawn}>
        Use the default picture
      </button>
      <div class="mask-picture-words" role="status">
        {problem !== undefined ? (
          <p class="notice">{problem}</p>
        ) : (
          <p class="quiet-text">
            {name === undefined
              ? 'Or drop or paste one anywhere here. '
              : `The middle of ${name === '' ? 'the pasted image' : name}, ${size}. `}
            It stays in this browser.
          </p>
        )}
      </div>
    </div>
  );
}
