import type { ComponentChildren, JSX } from 'preact';
import type { ImageSize } from '../model/protocol.js';

export interface ViewProps {
  /** Undefined until the model has seen the image. */
  readonly address: string | undefined;
  /** Pixels in the colours of their classes, which lie over the image. */
  readonly mask?: { readonly address: string | undefined; readonly opacity: number };
  /** The size of what the model sees: only the proportion counts. */
  readonly size: ImageSize;
  /** Anything else that lies over the image. */
  readonly children?: ComponentChildren;
}

/**
 * The part of an image that the model sees, in a frame that has its place before; its name stands
 * beside it.
 */
export function View({ address, size, mask, children }: ViewProps): JSX.Element {
  const aspectRatio = `${size.width} / ${size.height}`;
  return (
    <span class="view" style={{ aspectRatio }}>
      {address !== undefined && <img src={address} alt="" />}
      {mask?.address !== undefined && (
        <img class="mask" src={mask.address} alt="" style={{ opacity: mask.opacity }} />
      )}
      {children}
    </span>
  );
}
