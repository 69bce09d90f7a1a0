import { gradients, type Tensor, tensor } from '@um-mae/torch';
import { expectClose, gradcheck } from '@um-mae/torch/testing';
import { describe, expect, test } from 'vitest';
import { softTargets } from '../../data/augmentation/mixing.js';
import { publishedTensors, publishedText } from '../../parity/published/published-files.js';
import { softTargetCrossEntropy } from './soft-target-cross-entropy.js';

describe('softTargetCrossEntropy', () => {
  test('is the mean of the negative logarithms at hard labels', () => {
    const logits = tensor([
      [Math.log(3), 0],
      [0, Math.log(7)],
    ]);
    const targets = tensor([
      [1, 0],
      [1, 0],
    ]);
    const expected = -(Math.log(3 / 4) + Math.log(1 / 8)) / 2;
    expect(softTargetCrossEntropy(logits, targets).number()).toBeCloseTo(expected, 6);
  });

  test('has the gradient of its values', () => {
    const targets = tensor([[0.2, 0.5, 0.3]], { dtype: 'f64' });
    const logits = tensor([[0.4, -1, 2]], { dtype: 'f64' });
    gradcheck((x) => softTargetCrossEntropy(x, targets), [logits]);
  });
});

describe('losses as published', () => {
  type Losses = { values: Record<string, number>; tolerance: number };
  const { losses } = JSON.parse(publishedText('util/case.json')) as { losses: Losses };
  const tensors = publishedTensors('util/losses.safetensors');
  const get = (name: string) => tensors.get(name) as Tensor;
  const smoothed = (smoothing: number) => softTargets(get('labels'), { classes: 10, smoothing });

  test.each([
    ['soft_target', () => get('soft_targets')],
    ['label_smoothing_0.1', () => smoothed(0.1)],
    ['label_smoothing_0.3', () => smoothed(0.3)],
    ['cross_entropy', () => smoothed(0)],
  ])('%s has its value and its gradient', (name, targets) => {
    const logits = get('logits').clone();
    logits.requiresGrad = true;
    const loss = softTargetCrossEntropy(logits, targets());
    expect(Math.abs(loss.number() - (losses.values[name] as number))).toBeLessThan(
      losses.tolerance,
    );
    const [gradient] = gradients(loss, [logits]);
    expectClose(gradient as Tensor, get(`${name}.gradient_of_logits`), {
      atol: losses.tolerance,
    });
  });
});
