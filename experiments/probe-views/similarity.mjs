/**
 * Measures which cosine similarity finds images of the same class: that of raw, centred, or
 * standardised features.
 *
 * Run: node experiments/probe-views/similarity.mjs DATA RUN, after run.mjs.
 */
import { basename, dirname, join } from 'node:path';
import { load } from 'um-mae';

const [data, run] = process.argv.slice(2);
const backbone = await load(run);
const featuresOf = async (part) => {
  const means = { stages: [3], pooling: 'mean' };
  const { features, paths } = await backbone.extract(join(data, part), means);
  return { features: features.to('f64'), classes: paths.map((path) => basename(dirname(path))) };
};
const index = await featuresOf('train');
const queries = await featuresOf('val');
const mean = index.features.mean([0]);
const deviation = index.features.std([0]);
const direction = (x) => x.div(x.square().sum([1], { keepdim: true }).sqrt());

const neighbours = 12;
const ways = {
  raw: (x) => x,
  centred: (x) => x.sub(mean),
  standardised: (x) => x.sub(mean).div(deviation),
};
for (const [name, way] of Object.entries(ways)) {
  const similarity = direction(way(queries.features)).matmul(direction(way(index.features)).t());
  const nearest = similarity.topk(neighbours, { dim: 1 })[1].flatten().toArray();
  const same = [...nearest].filter((place, i) => {
    return index.classes[Number(place)] === queries.classes[Math.floor(i / neighbours)];
  });
  console.log(`${name}: ${((100 * same.length) / nearest.length).toFixed(1)} % of the same class`);
}
