/**
 * Feature maps and embeddings from a pre-trained backbone.
 *
 * Run: node examples/features.mjs runs/first photos/cat.jpg photos/dog.jpg
 */
import { readFile } from 'node:fs/promises';
import { load } from 'um-mae';

const [run, ...paths] = process.argv.slice(2);
if (run === undefined || paths.length === 0) {
  console.error('usage: node examples/features.mjs RUN IMAGE...');
  process.exit(2);
}

const backbone = await load(run);
// An image is a path, the bytes of a file, or { width, height, data } with RGB bytes.
const images = await Promise.all(paths.map((path, i) => (i === 0 ? path : readFile(path))));
const features = await backbone.features(images);

for (const [stage, map] of features.maps.entries()) {
  // [batch, height / stride, width / stride, channels]
  console.log(`stage ${stage}: [${map.shape}], a vector every ${backbone.strides[stage]} pixels`);
}
// [batch, mean and deviation of each channel of all stages]
console.log(`embedding: [${features.embedding.shape}]`);

const unit = features.embedding.div(features.embedding.square().sum([1], { keepdim: true }).sqrt());
const similarities = unit.matmul(unit.t()).at(0).toArray();
console.log(
  `cosine similarity to ${paths[0]}: ${[...similarities].map((s) => s.toFixed(3)).join(', ')}`,
);

// Both hold tensors: the features until they are no longer needed, the backbone its weights.
features.dispose();
backbone.dispose();
