/** A running average of the weights of a model, as a model of its own. */
import { noGrad, type Tensor } from '@um-mae/torch';
import type { Parameter } from '@um-mae/torch/nn';
import { updateAverage } from '@um-mae/torch/optim';
import type { TrainedModel } from '../task.js';

export class WeightAverage<Model extends TrainedModel> {
  private readonly averages: readonly Parameter[];
  private readonly parameters: readonly Parameter[];
  /** Each tensor of the model that is not trained, with that of the average. */
  private readonly buffers: readonly (readonly [Tensor, Tensor])[];

  /**
   * @param trained the model whose weights are averaged
   * @param model   one of the same kind, which takes its weights, holds their average from now on,
   *   and is trained by nothing
   * @param decay   share of the average that stays at each step
   */
  constructor(
    trained: Model,
    readonly model: Model,
    private readonly decay: number,
  ) {
    model.loadState(trained.state());
    this.averages = [...model.namedParameters().values()];
    this.parameters = [...trained.namedParameters().values()];
    for (const parameter of this.averages) parameter.requiresGrad = false;
    this.buffers = bufferPairs(trained, model);
  }

  /**
   * Takes the weights into their average.
   *
   * @param step steps done
   */
  update(step: number): void {
    updateAverage(this.averages, this.parameters, { decay: this.decay, step });
    // Statistics of norms are running averages themselves.
    noGrad(() => {
      for (const [from, to] of this.buffers) to.copy_(from);
    });
  }
}

/** Tensors of two models of one kind that are not trained, such as the statistics of norms. */
function bufferPairs(from: TrainedModel, to: TrainedModel): (readonly [Tensor, Tensor])[] {
  const parameters = from.namedParameters();
  const theirs = to.state();
  return [...from.state()].flatMap(([name, buffer]) => {
    const other = parameters.has(name) ? undefined : theirs.get(name);
    return other ? [[buffer, other] as const] : [];
  });
}
