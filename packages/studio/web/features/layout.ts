/** Places of images in the plane: by their two largest components, or by UMAP. */

import { useEffect, useState } from 'preact/hooks';
import { at } from '../../shared/at.js';
import type { Features } from './features.js';

export const layouts = ['PCA', 'UMAP'] as const;
export type Layout = (typeof layouts)[number];

/** Images that have a place, and the places. */
export interface Placement {
  readonly images: readonly number[];
  /** x, y of each. */
  readonly places: Float32Array;
}

/** The request that the worker gets. */
export interface UmapRequest {
  /** [images, components] */
  readonly values: Float32Array;
  readonly components: number;
}
export type UmapAnswer =
  | { readonly kind: 'progress'; readonly share: number }
  | { readonly kind: 'done'; readonly places: Float32Array };

export interface LayoutResult {
  /** Nothing while UMAP is at work for the first time. */
  readonly placed?: Placement;
  /** The share of UMAP's work that is done. */
  readonly share?: number;
}

/** More would take minutes; their places would tell the same. */
export const mostPlaced = 5000;

/**
 * Lays features out anew whenever they change; UMAP works beside the page, and always comes to the
 * same.
 */
export function useLayout(features: Features, layout: Layout): LayoutResult {
  const [result, setResult] = useState<LayoutResult>({});
  useEffect(() => {
    if (layout === 'PCA') {
      setResult({ placed: byComponents(features) });
      return;
    }
    const images = spread(features.paths.length, mostPlaced);
    const values = rowsOf(features, images);
    const worker = new Worker('/umap.js');
    setResult({ share: 0 });
    worker.onmessage = ({ data }: MessageEvent<UmapAnswer>) => {
      if (data.kind === 'progress') setResult({ share: data.share });
      else setResult({ placed: { images, places: data.places } });
    };
    const request: UmapRequest = { values, components: features.components };
    worker.postMessage(request);
    return () => worker.terminate();
  }, [features, layout]);
  return result;
}

function byComponents({ paths, values, components }: Features): Placement {
  const images = [...paths.keys()];
  const places = new Float32Array(2 * images.length);
  for (const image of images) {
    places[2 * image] = at(values, image * components);
    places[2 * image + 1] = components > 1 ? at(values, image * components + 1) : 0;
  }
  return { images, places };
}

/** Chooses at most so many of them, from the first to the last. */
function spread(count: number, most: number): number[] {
  const chosen = Math.min(count, most);
  return Array.from({ length: chosen }, (_, i) => Math.floor((i * count) / chosen));
}

function rowsOf({ values, components }: Features, images: readonly number[]): Float32Array {
  const rows = new Float32Array(images.length * components);
  for (const [row, image] of images.entries())
    rows.set(values.subarray(image * components, (image + 1) * components), row * components);
  return rows;
}
