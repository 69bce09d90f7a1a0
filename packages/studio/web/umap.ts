/**
 * UMAP (McInnes et al. 2018, arXiv:1802.03426) in a thread of its own, from the same random numbers
 * every time.
 */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { UMAP } from 'umap-js';
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
    const places = Float32Array.from({ length: 2 * images }, (_, i) => rows[i >> 1]?.[i % 2] ?? 0);
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
