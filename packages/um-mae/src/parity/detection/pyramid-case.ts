/** Feature pyramids: plain, and with batch norms and strided levels. */
import { Generator, type Tensor } from '@um-mae/torch';
import {
  FeaturePyramid,
  type FeaturePyramidOptions,
} from '../../detection/networks/pyramid/feature-pyramid.js';
import type { Comparison } from '../comparison.js';
import { type Case, readTensors, required } from '../fixture.js';
import { compareGradients, withoutPrefix } from './detectors/network.js';
import { openNumbers } from './numbers.js';

/** The variants that detectors of ours have; RetinaNet's is none of them. */
const variants: Readonly<
  Record<string, Pick<FeaturePyramidOptions, 'levels' | 'firstMap' | 'extra' | 'norm'>>
> = {
  plain: { levels: 5, extra: 'subsample' },
  plain_lateral_only: { levels: 4, extra: 'subsample' },
  gfl: { levels: 5, firstMap: 1, extra: 'convolution', norm: 'batch' },
};

export function runPyramidCase(fixture: Case): Comparison[] {
  return Object.entries(variants).flatMap(([name, options]) => runVariant(fixture, name, options));
}

function runVariant(fixture: Case, name: string, options: (typeof variants)[string]): Comparison[] {
  const inputs = readTensors(fixture, 'inputs.safetensors');
  const expected = openNumbers(fixture, 'expected.safetensors');
  const slopes = openNumbers(fixture, 'grads.safetensors');
  const features = [0, 1, 2, 3].map((stage) => required(inputs, `feature.${stage}`));
  const widths = features.map((feature) => feature.sizes(4)[1]);
  const generator = new Generator(0);
  const model = new FeaturePyramid({ inputs: widths, channels: 16, ...options, generator });
  const weights = withoutPrefix(readTensors(fixture, 'weights.safetensors'), `${name}.`);
  const stored = new Map(weights);
  for (const [key, tensor] of model.state()) {
    if (key.endsWith('num_batches_tracked') && !stored.has(key)) stored.set(key, tensor);
  }
  model.to(fixture.device).loadState(stored);
  const rows: Comparison[] = [];
  const compareLevels = (mode: string, levels: readonly Tensor[]) => {
    for (const [i, level] of levels.entries()) {
      const own = `${name}.${mode}.output.${i}`;
      if (expected.has(own)) rows.push(expected.compare(own, level));
    }
  };
  if (expected.has(`${name}.eval.output.0`)) compareLevels('eval', model.eval().forward(features));
  for (const feature of features) feature.requiresGrad = true;
  const levels = model.train().forward(features);
  compareLevels('train', levels);
  for (const [key, tensor] of model.state()) {
    const own = `${name}.train.after.${key}`;
    if (expected.has(own)) rows.push(expected.compare(own, tensor));
  }
  const terms = levels.flatMap((level, i) => {
    const cotangent = inputs.get(`${name}.cotangent.${i}`);
    return cotangent ? [level.mul(cotangent).sum()] : [];
  });
  if (terms.length === 0) return rows;
  terms.reduce((sum, term) => sum.add(term)).backward();
  for (const [i, feature] of features.entries()) {
    const own = `${name}.feature.${i}`;
    if (slopes.has(own) && feature.grad) rows.push(slopes.compare(own, feature.grad));
  }
  return [...rows, ...compareGradients(slopes, model, `${name}.`)];
}
