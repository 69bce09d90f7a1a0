/**
 * `um-mae/features`: reading what `um-mae embed` writes for the studio. Loads no libtorch.
 *
 * @module um-mae/features
 */
export { type Header, parseHeader } from '@um-mae/torch/files';
export { type Gallery, type GalleryPart, isWhole, parseGallery } from './gallery.js';
