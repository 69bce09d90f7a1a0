import type { JSX } from 'preact';
import type { ImageSize } from '../model/protocol.js';

export interface ViewProps {
  /** Undefined until the model has seen the image. */
  readonly address: string | undefined;
  /** The size of what the model sees: only the proportion counts. */
  readonly size: ImageSize;
}

/**
 * The part of an image that the model sees, in a frame that has its place before; its name stands
 * beside it.
 */
export function View({ address, size }: ViewProps): JSX.Element {
  const aspectRatio = `${size.width} / ${size.height}`;
  return (
    <span class="view" style={{ aspectRatio }}>
      {address !== undefined && <img src={address} alt="" />}
    </span>
  );
}
