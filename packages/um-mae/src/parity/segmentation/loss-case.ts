/**
 * The loss of segmentation, its gradient and the accuracy beside it, against the published ones.
 */
import { type Tensor, tensor } from '@um-mae/torch';
import { z } from 'zod';
import { pixelAccuracy, pixelLoss } from '../../tasks/segmentation/pixel-loss.js';
import { type Comparison, compareNumbers, compareTensors } from '../comparison.js';
import { type Case, readTensors, required } from '../fixture.js';
import { readLabels } from './input/labels.js';

const lossCase = z.object({
  results: z.array(
    z.object({
      labels: z.string(),
      align_corners: z.boolean(),
      class_weight: z.array(z.number()).nullable(),
      grad: z.string(),
      loss: z.number(),
      grad_recommended_atol: z.number(),
      acc_seg: z.number(),
      mean_over_labelled_pixels: z.number().nullable(),
    }),
  ),
});

/** Whether `json` describes a case of this kind. */
export function isLossCase(json: unknown): boolean {
  return lossCase.safeParse(json).success;
}

export function runLossCase(fixture: Case): Comparison[] {
  const inputs = readTensors(fixture, 'inputs.safetensors');
  const gradients = readTensors(fixture, 'grads.safetensors');
  const { device } = fixture;
  return lossCase.parse(fixture.json).results.flatMap((result) => {
    const { grad: name, align_corners: alignCorners, class_weight: weights } = result;
    const logits = required(inputs, 'logits').to('f32').clone();
    logits.requiresGrad = true;
    const labels = readLabels(inputs, result.labels);
    const classWeights = weights ? tensor(weights, { device }) : undefined;
    const options = { classWeights, alignCorners };
    const loss = pixelLoss(logits, labels, { ...options, ignored: 'counted' });
    loss.backward();
    const labelled = pixelLoss(logits, labels, { ...options, ignored: 'left-out' });
    const close = (what: string, ours: Tensor, theirs: number) =>
      compareNumbers(`${name} ${what}`, ours.number(), theirs, 1e-6 * Math.abs(theirs));
    const accuracy = pixelAccuracy(logits, labels, alignCorners).number();
    return [
      close('loss', loss, result.loss),
      close('loss over labelled pixels', labelled, result.mean_over_labelled_pixels ?? 0),
      compareNumbers(`${name} acc_seg`, 100 * accuracy, result.acc_seg, 1e-3),
      compareTensors(
        `${name} gradient`,
        logits.grad ?? logits,
        required(gradients, name),
        result.grad_recommended_atol,
      ),
    ];
  });
}
