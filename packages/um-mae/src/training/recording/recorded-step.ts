/**
 * A training step that a GPU has recorded: what it computes is queued at once instead of operator
 * by operator.
 */
import { noGrad, type Recording, record, scope, type Tensor, zeros } from '@um-mae/torch';
import type { Loss } from '../task.js';

/** The parts of a step, as they are taken without a recording. */
export interface StepParts {
  /** Adds the gradient of a batch to those that are there. Returns the loss. */
  accumulate(inputs: object): Loss;
  /** Moves the weights, and makes the gradients zero. Returns their norm. */
  update(learningRate: Tensor): Tensor;
}

export class RecordedStep {
  /** The tensors that the recording reads a batch from. */
  private readonly inputs: ReadonlyMap<string, Tensor>;
  private readonly learningRate: Tensor;
  private readonly accumulated: Recording<Loss>;
  private readonly updated: Recording<Tensor>;

  /**
   * Records a step without taking it. All gradients must be there already, zero.
   *
   * @param inputs tensors of a full batch
   */
  constructor(device: string, inputs: object, parts: StepParts) {
    this.inputs = new Map(tensorsOf(inputs).map(([name, tensor]) => [name, tensor.clone().keep()]));
    this.learningRate = zeros([], { device }).keep();
    const held = Object.fromEntries(this.inputs);
    this.accumulated = record(device, () => kept(scope(() => parts.accumulate(held))));
    const update = () => scope(() => parts.update(this.learningRate)).keep();
    this.updated = record(device, update, { after: this.accumulated });
  }

  /** Whether the inputs are of the shapes that were recorded. */
  fits(inputs: object): boolean {
    return tensorsOf(inputs).every(
      ([name, { shape }]) => this.inputs.get(name)?.shape.join() === shape.join(),
    );
  }

  /** @returns the loss, which the next batch overwrites */
  accumulate(inputs: object): Loss {
    noGrad(() => {
      for (const [name, tensor] of tensorsOf(inputs)) this.inputs.get(name)?.copy_(tensor);
    });
    this.accumulated.replay();
    return this.accumulated.result;
  }

  /** @returns the norm of the gradients, which the next step overwrites */
  update(learningRate: number): Tensor {
    this.learningRate.fill_(learningRate);
    this.updated.replay();
    return this.updated.result;
  }
}

function tensorsOf(inputs: object): [name: string, tensor: Tensor][] {
  return Object.entries(inputs);
}

function kept(loss: Loss): Loss {
  for (const tensor of [loss.total, ...Object.values(loss.parts)]) tensor.keep();
  return loss;
}
