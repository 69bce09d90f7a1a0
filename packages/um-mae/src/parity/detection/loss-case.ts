/** Losses of detectors, in value and gradient. */
import {
  arange,
  binaryCrossEntropyWithLogits,
  crossEntropy,
  gradients,
  stack,
  type Tensor,
  zerosLike,
} from '@um-mae/torch';
import { reductions } from '@um-mae/torch/nn';
import { distributionFocalLoss, qualityFocalLoss } from '../../detection/losses/focal.js';
import { giouLoss, smoothL1 } from '../../detection/losses/regression.js';
import type { Comparison } from '../comparison.js';
import type { Case } from '../fixture.js';
import { type Numbers, openNumbers } from './numbers.js';

export function runLossCase(fixture: Case): Comparison[] {
  const numbers = openNumbers(fixture);
  const compare = (name: string, loss: (predicted: Tensor) => Tensor) =>
    compareLoss(numbers, name, loss);
  const get = (name: string) => numbers.get(name);
  return [
    ...compare('qfl', (logits) => {
      const targets = denseTargets(logits, get('qfl.label.in'), get('qfl.score.in'));
      return qualityFocalLoss(logits, targets).mul(get('qfl.weight.in')).sum().div(7);
    }),
    ...compare('dfl', (logits) => {
      const loss = distributionFocalLoss(logits, get('dfl.target.in'));
      return loss
        .mul(get('dfl.weight.in'))
        .sum()
        .mul(0.25 / 4);
    }),
    ...compare('giou', (boxes) => {
      const weights = get('giou.weight.in').mean([1]);
      return giouLoss(boxes, get('giou.target.in')).mul(weights).sum().mul(2);
    }),
    ...[
      ['smooth_l1_beta1', 1],
      ['smooth_l1_beta_ninth', 1 / 9],
      ['l1', 0],
    ].flatMap(([name, beta]) =>
      compare(`${name}`, (values) => {
        return smoothL1(values, get(`${name}.target.in`), Number(beta))
          .sum()
          .div(40);
      }),
    ),
    ...compare('softmax_ce', (logits) => {
      const loss = crossEntropy(logits, get('softmax_ce.label.in'), { reduction: reductions.none });
      const weights = get('softmax_ce.weight.in');
      return loss.mul(weights).sum().div(weights.sum());
    }),
    ...compare('sigmoid_ce_rpn', (logits) => {
      const targets = get('sigmoid_ce_rpn.label.in').neg().add(1).to('f32').unsqueeze(1);
      const loss = binaryCrossEntropyWithLogits(logits, targets, { reduction: reductions.none });
      return loss.squeeze(1).mul(get('sigmoid_ce_rpn.weight.in')).sum().div(11);
    }),
    ...compare('mask_bce', (logits) => {
      const [count] = logits.sizes(4);
      const own = logits.index([arange(0, count, { dtype: 'i64' }), get('mask_bce.label.in')]);
      return binaryCrossEntropyWithLogits(own, get('mask_bce.target.in'));
    }),
    ...comparePlainHead(numbers),
  ];
}

/** torchvision's losses of a box head, where class 0 is background. */
function comparePlainHead(numbers: Numbers): Comparison[] {
  const get = (name: string) => numbers.get(`fastrcnn_torchvision.${name}`).detach();
  const [logits, deltas] = [get('class_logits.in'), get('box_regression.in')];
  const labels = get('labels.in');
  for (const input of [logits, deltas]) input.requiresGrad = true;
  const [count] = logits.sizes(2);
  const places = labels.gt(0).nonzero().flatten();
  const own = deltas.view([count, -1, 4]).index([places, labels.indexSelect(0, places)]);
  const targets = get('targets.in').indexSelect(0, places);
  const losses = [
    crossEntropy(logits, labels),
    smoothL1(own, targets, 1 / 9)
      .sum()
      .div(count),
  ];
  const slopes = losses.map((loss, i) => gradients(loss, [i === 0 ? logits : deltas])[0] ?? loss);
  const [toLogits = logits, toDeltas = deltas] = slopes;
  return [
    numbers.compare('fastrcnn_torchvision.loss', stack(losses)),
    numbers.compare('fastrcnn_torchvision.grad.class_logits', toLogits),
    numbers.compare('fastrcnn_torchvision.grad.box_regression', toDeltas),
  ];
}

/** The quality of each row at its class; none of rows whose label is the number of classes. */
function denseTargets(logits: Tensor, labels: Tensor, qualities: Tensor): Tensor {
  const [, classes] = logits.sizes(2);
  const places = labels.lt(classes).nonzero().flatten();
  const own = labels.indexSelect(0, places);
  return zerosLike(logits).indexPut_([places, own], qualities.indexSelect(0, places));
}

function compareLoss(
  numbers: Numbers,
  name: string,
  compute: (predicted: Tensor) => Tensor,
): Comparison[] {
  const predicted = numbers.get(`${name}.pred.in`).detach();
  predicted.requiresGrad = true;
  const loss = compute(predicted);
  const [slope = predicted] = gradients(loss, [predicted]);
  return [numbers.compare(`${name}.loss`, loss), numbers.compare(`${name}.grad.pred`, slope)];
}
