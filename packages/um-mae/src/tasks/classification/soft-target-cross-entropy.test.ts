import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gradients, type Tensor, tensor } from '@um-mae/torch';
import { readSafetensors } from '@um-mae/torch/serialization';
import { expectClose, gradcheck } from '@um-mae/torch/testing';
import { describe, expect, test } from 'vitest';
import { softTargets } from '../../data/augmentation/mixing.js';
import { softTargetCrossEntropy } from './soft-target-cross-entropy.js';

const published = new URL('../../../../../../shared/fixtures/util/', import.meta.url);
const hasFixtures = existsSync(published);

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

describe.skipIf(!hasFixtures)('losses as published (needs ../shared/fixtures)', () => {
  const file = (name: string) => fileURLToPath(new URL(name, published));
  const { losses } = hasFixtures ? JSON.parse(readFileSync(file('case.json'), 'utf8')) : {};
  const tensors = hasFixtures ? readSafetensors(file('losses.safetensors')).tensors : new Map();
  const smoothed = (smoothing: number) =>
    softTargets(tensors.get('labels'), { classes: 10, smoothing });

  test.each([
    ['soft_target', () => tensors.get('soft_targets')],
    ['label_smoothing_0.1', () => smoothed(0.1)],
    ['label_smoothing_0.3', () => smoothed(0.3)],
    ['cross_entropy', () => smoothed(0)],
  ])('%s has its value and its gradient', (name, targets) => {
    const logits: Tensor = tensors.get('logits').clone();
    logits.requiresGrad = true;
    const loss = softTargetCrossEntropy(logits, targets());
    expect(Math.abs(loss.number() - losses.values[name])).toBeLessThan(losses.tolerance);
    const [gradient] = gradients(loss, [logits]);
    expectClose(gradient as Tensor, tensors.get(`${name}.gradient_of_logits`), {
      atol: losses.tolerance,
    });
  });
});
