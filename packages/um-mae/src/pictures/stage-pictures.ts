/** Pictures of what a backbone makes of an image, stage by stage. */
import { scope, type Tensor } from '@um-mae/torch';
import sharp from 'sharp';
import type { FrozenBackbone } from '../features/frozen-backbone.js';
import { level, mapColours } from './map-colours.js';

/**
 * `features`: a map's first three principal components as red, green and blue. `attention`: how
 * much each place gets.
 */
export type StagePictureKind = 'features' | 'attention';

export interface StagePicture {
  /** Counted from 0. */
  readonly stage: number;
  readonly kind: StagePictureKind;
  /** Places of the map. */
  readonly rows: number;
  readonly columns: number;
  /**
   * The range of the picture. For attention: the least and the most, where 1 is even. For features:
   * 0, and the share of the variance that is shown.
   */
  readonly range: readonly [number, number];
  readonly png: Buffer;
}

export interface StagePictures {
  /** The image as the backbone sees it. */
  readonly input: Buffer;
  readonly pictures: readonly StagePicture[];
}

/**
 * Pictures of the feature maps and the attention of every stage.
 *
 * @param path of an image
 * @throws DataError when it cannot be read
 */
export async function stagePictures(frozen: FrozenBackbone, path: string): Promise<StagePictures> {
  using observed = await frozen.observe(path);
  const { data, width, height } = observed.seen;
  const found = scope(() => [...observed.maps.map(colours), ...observed.attention.map(heat)]);
  const pictures: StagePicture[] = [];
  for (const { rgb, ...picture } of found) {
    const { rows, columns } = picture;
    const png = sharp(rgb, { raw: { width: columns, height: rows, channels: 3 } })
      .resize(width, height, { kernel: 'nearest', fit: 'fill' })
      .png();
    pictures.push({ ...picture, png: await png.toBuffer() });
  }
  const input = await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  return { input, pictures };
}

interface Raster extends Omit<StagePicture, 'png'> {
  readonly rgb: Uint8Array;
}

/** @param map [1, rows, columns, channels] */
function colours(map: Tensor, stage: number): Raster {
  const { explained, ...picture } = mapColours(map);
  return { stage, kind: 'features', range: [0, explained], ...picture };
}

/** Dark where nobody looks, bright where all do. @param received [rows, columns] */
function heat(received: Tensor, stage: number): Raster {
  const [rows, columns] = received.sizes(2);
  const values = [...(received.to('cpu').to('f32').contiguous().toArray() as Float32Array)];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const rgb = new Uint8Array(3 * rows * columns);
  for (const [place, value] of values.entries()) {
    const share = high > low ? (value - low) / (high - low) : 0.5;
    // From dark blue over red to light yellow: its lightness grows all the way.
    rgb[3 * place] = level(1.6 * share - 0.1);
    rgb[3 * place + 1] = level(1.5 * share - 0.5);
    rgb[3 * place + 2] = level(share < 0.4 ? 0.25 + share : 1.3 * share - 0.4);
  }
  return { stage, kind: 'attention', rows, columns, range: [low, high], rgb };
}
