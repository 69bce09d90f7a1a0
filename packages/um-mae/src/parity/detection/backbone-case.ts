/** The maps of the backbones of published detectors, of images that no window divides. */
import { Generator } from '@um-mae/torch';
import { z } from 'zod';
import { at } from '../../at.js';
import type { Comparison } from '../comparison.js';
import { type Case, readTensors, required } from '../fixture.js';
import { inputOf, observedCalls, outputsOf } from '../observed-calls.js';
import { compareGradients, detectionMaps } from './detectors/network.js';
import { openNumbers } from './numbers.js';

const backboneCase = z.object({
  constructor: z.unknown(),
  sizes: z.array(z.tuple([z.number(), z.number()])),
});

export function runBackboneCase(fixture: Case): Comparison[] {
  const { constructor: given, sizes } = backboneCase.parse(fixture.json);
  const model = detectionMaps(given, new Generator(0)).to(fixture.device).eval();
  model.loadState(readTensors(fixture, 'weights.safetensors'), { allow: ['blocks.'] });
  const inputs = readTensors(fixture, 'inputs.safetensors');
  const [expected, slopes] = [
    openNumbers(fixture, 'expected.safetensors'),
    openNumbers(fixture, 'grads.safetensors'),
  ];
  return sizes.flatMap((_, i) => {
    const size = `size${i}`;
    const images = required(inputs, `${size}.images`).to('f32');
    const { calls, result: maps } = observedCalls(model, () => model.forward(images));
    const value = (name: string) => {
      const [, kind, number = ''] = name.split('.');
      if (kind === 'feature') return at(maps, Number(number));
      return kind === 'block'
        ? at(outputsOf(calls, `blocks.${number}`), -1)
        : inputOf(calls, 'blocks.0');
    };
    const own = expected.results.filter((name) => name.startsWith(`${size}.`));
    const values = own.map((name) => expected.compare(name, value(name)));
    const cotangents = maps.map((_, level) => inputs.get(`${size}.cotangent.${level}`));
    const terms = maps.flatMap((map, level) => {
      const cotangent = cotangents[level];
      return cotangent ? [map.mul(cotangent.to('f32')).sum()] : [];
    });
    if (terms.length === 0) return values;
    terms.reduce((sum, term) => sum.add(term)).backward();
    return [...values, ...compareGradients(slopes, model, `${size}.`)];
  });
}
