/** The maps that a backbone gives to heads, against the published ones: values and gradients. */
import { Generator, type Tensor } from '@um-mae/torch';
import { z } from 'zod';
import { at } from '../../../at.js';
import type { Backbone, ImageSize } from '../../../backbones/backbone.js';
import { buildBackbone } from '../../../backbones/build.js';
import { MapPyramid } from '../../../heads/segmentation/map-pyramid.js';
import { fitPositions } from '../../../weights/initial/dense-weights.js';
import { type Comparison, compareNumbers, compareTensors } from '../../comparison.js';
import { type Case, readTensors, required } from '../../fixture.js';
import { observedCalls, outputsOf } from '../../observed-calls.js';
import {
  compareDenseGradients,
  compareFile,
  compareStateNames,
  describedGradients,
  readOwn,
  toleratedTensors,
} from './dense-values.js';
import { denseBackbone } from './network.js';

const mapsCase = z.object({
  constructor: z.unknown(),
  backbone: z.object({ family: z.string(), projection: z.string() }),
  loss: z.object({ float32: z.number() }),
  loading: z.unknown().optional(),
  files: z.object({
    'expected.safetensors': toleratedTensors,
    'grads.safetensors': describedGradients,
    'after_forward.safetensors': toleratedTensors.optional(),
  }),
});

/** Whether `json` describes a case of this kind. */
export function isMapsCase(json: unknown): boolean {
  return mapsCase.safeParse(json).success;
}

export function runMapsCase(fixture: Case): Comparison[] {
  const described = mapsCase.parse(fixture.json);
  const { backbone, image, projection, taps, relativePositions } = denseBackbone({
    ...described.backbone,
    given: described.constructor,
  });
  const generator = new Generator(0);
  const parts = {
    generator,
    finalNorm: false,
    trainedPositions: true,
    nominal: image,
    relativePositions,
  };
  const encoder = buildBackbone(backbone, image, { ...parts, taps: taps && (() => taps) });
  const model = new MapPyramid(encoder, projection, { generator }).to(fixture.device);
  const weights = readOwn(fixture, 'weights.safetensors');
  const names = compareStateNames(model, weights);
  model.loadState(weights);

  const images = required(readTensors(fixture, 'inputs.safetensors'), 'images').to('f32');
  const { calls, result: maps } = observedCalls(model.eval(), () => model.forward(images));
  const { files } = described;
  const values = (name: string): Tensor => {
    const [kind, number = ''] = name.split('.');
    if (kind === 'feature') return at(maps, Number(number));
    return at(outputsOf(calls, kind === 'block' ? `blocks.${number}` : name), -1);
  };
  return [
    names,
    ...(described.loading === undefined ? [] : [compareLoading(fixture, encoder, image)]),
    ...compareFile(fixture, 'expected.safetensors', files['expected.safetensors'], values),
    ...compareTraining(fixture, described, { model, images }),
  ];
}

/** One backward pass in training mode, of the sum of the mean squares of all maps. */
function compareTraining(
  fixture: Case,
  { files, loss: theirs }: z.infer<typeof mapsCase>,
  { model, images }: { readonly model: MapPyramid; readonly images: Tensor },
): Comparison[] {
  const maps = model.train().forward(images);
  const loss = maps.map((map) => map.square().mean()).reduce((sum, term) => sum.add(term));
  loss.backward();
  const statistics = files['after_forward.safetensors'];
  return [
    compareNumbers('loss', loss.number(), theirs.float32, 1e-5 * theirs.float32),
    ...compareDenseGradients(fixture, files['grads.safetensors'], model.namedParameters()),
    ...(statistics
      ? compareFile(fixture, 'after_forward.safetensors', statistics, (name) =>
          required(model.state(), name),
        )
      : []),
  ];
}

/** The position table of images of another size, resized. */
function compareLoading(
  fixture: Case,
  { patch, hasClassToken: hasClassRow }: Backbone,
  to: ImageSize,
): Comparison {
  const table = required(readTensors(fixture, 'checkpoint.safetensors'), 'pos_embed');
  const weights = readTensors(fixture, 'weights.safetensors');
  const ours = fitPositions(table, { to, patch, hasClassRow });
  return compareTensors('loaded pos_embed', ours, required(weights, 'pos_embed'), 2e-6);
}
