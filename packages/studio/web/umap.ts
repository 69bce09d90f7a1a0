/**
 * UMAP (McInnes et al. 2018, arXiv:1802.03426) in a thread of its own, from the same random numbers
 * every time.
 */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { UMAP } from 'umap-js';
import { at } from '../shared/at.js';
import type { UmapAnswer, UmapRequest } from './features/layout.js';

const neighbours = 15;

function tell(answer: UmapAnswer): void {
  postMessage(answer);
}

addEventListener('message', ({ data }: MessageEvent<UmapRequest>) => {
  const { values, components } = data;
  const images = values.length / components;
  const rows = Array.from({ length: images }, (_, row) => [
    ...values.subarray(row * components, (row + 1) * components),
  ]);
  // As many neighbours as there are, and a plane for as few images.
  if (images < 4) {
    // One component is a line.
    const onAxis = (row: readonly number[], axis: number) =>
      axis < components ? at(row, axis) : 0;
    const places = Float32Array.from(rows.flatMap((row) => [onAxis(row, 0), onAxis(row, 1)]));
    tell({ kind: 'done', places });
    return;
  }
  const generator = xoroshiro128plus(1);
  const umap = new UMAP({
    nNeighbors: Math.min(neighbours, images - 1),
    random: () => uniformFloat64(generator),
  });
  const epochs = umap.initializeFit(rows);
  for (let epoch = 0; epoch < epochs; epoch++) {
    umap.step();
    if (epoch % 10 === 0) tell({ kind: 'progress', share: epoch / epochs });
  }
  tell({ kind: 'done', places: Float32Array.from(umap.getEmbedding().flat()) });
});
