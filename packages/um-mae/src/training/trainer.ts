/** One optimizer step after the other; knows nothing of epochs, files or clocks. */
import { Generator, resolveDevice, scope, type Tensor } from '@um-mae/torch';
import { autocast, GradScaler } from '@um-mae/torch/amp';
import type { Parameter } from '@um-mae/torch/nn';
import { AdamW, clipGradientNorm, gradientNorm } from '@um-mae/torch/optim';
import { RecipeError } from '../errors.js';
import { normaliseImages } from '../evaluation/pixels.js';
import type { Mask } from '../masking/mask.js';
import { buildObjective } from '../objectives/build.js';
import type { Objective } from '../objectives/objective.js';
import type { PretrainRecipe } from '../recipes/pretrain-recipe.js';
import { parameterGroups } from './parameter-groups.js';
import type { Checkpoint } from './run-files/checkpoint.js';
import type { TrainingState } from './run-files/training-state.js';

/** What of a trainer is not a tensor. */
type TrainerState = Pick<TrainingState, 'masks' | 'scaler'>;

export class Trainer {
  readonly model: Objective;
  private readonly parameters: ReadonlyMap<string, Parameter>;
  private readonly optimizer: AdamW;
  private readonly scaler: GradScaler | undefined;
  private readonly masks: Generator;

  /** @throws UmMaeError or DeviceError when model, image size, precision and device do not fit together */
  constructor(
    private readonly recipe: PretrainRecipe,
    private readonly device: string,
  ) {
    resolveDevice(device);
    checkPrecision(recipe, device);
    this.masks = new Generator(recipe.seed);
    this.model = buildObjective(recipe, { generator: this.masks });
    this.model.to(device);
    this.parameters = this.model.namedParameters();
    const { betas, epsilon, weightDecay } = recipe.optimizer;
    this.optimizer = new AdamW(parameterGroups(this.parameters, weightDecay), {
      betas,
      epsilon,
    });
    this.scaler = recipe.precision === 'f16' ? new GradScaler({ device }) : undefined;
  }

  /** Numbers that are trained. */
  get size(): number {
    return [...this.parameters.values()].reduce((sum, { elements }) => sum + elements, 0);
  }

  /** Forgets gradients that no step has used. */
  discard(): void {
    this.optimizer.zeroGrad();
  }

  /**
   * Adds the gradient of a batch to those of its step.
   *
   * @param pixels RGB bytes, [images, height, width, 3]
   * @returns the loss
   */
  accumulate(pixels: Uint8Array, images: number): number {
    return scope(() => {
      const input = normaliseImages(pixels, this.recipe.image, this.device);
      const { visible, hidden } = this.model.drawMask(images, this.masks);
      const mask = { visible: visible.to(this.device), hidden: hidden.to(this.device) };
      const loss = this.forward(input, mask);
      const share = loss.div(this.recipe.accumulation);
      (this.scaler?.scale(share) ?? share).backward();
      return loss.number();
    });
  }

  /**
   * Moves the weights, if the gradients are finite, and forgets the gradients.
   *
   * @returns the norm of the gradients before clipping
   */
  update(learningRate: number): number {
    const parameters = [...this.parameters.values()];
    const { maxGradientNorm } = this.recipe.optimizer;
    this.scaler?.unscale(parameters);
    const norm =
      maxGradientNorm === null
        ? gradientNorm(parameters)
        : clipGradientNorm(parameters, maxGradientNorm);
    const move = () => this.optimizer.step(learningRate);
    if (this.scaler) this.scaler.step(move);
    else if (Number.isFinite(norm)) move();
    this.optimizer.zeroGrad();
    return norm;
  }

  /** Whether a gradient that is not finite is nothing but a loss scale that was too high. */
  get toleratesOverflow(): boolean {
    return this.scaler !== undefined;
  }

  /** Whether all weights are finite. */
  get isSound(): boolean {
    return [...this.parameters.values()].every((weight) =>
      scope(() => Boolean(weight.isfinite().all().item())),
    );
  }

  /** Weights, moments, and the rest; the tensors are the trainer's own. */
  save(): Omit<Checkpoint, 'state'> & { state: TrainerState } {
    return {
      model: this.model.state(),
      optimizer: this.optimizer.state(),
      state: {
        masks: Buffer.from(this.masks.state).toString('base64'),
        scaler: this.scaler?.state() ?? null,
      },
    };
  }

  /** Goes on where the checkpoint was written. */
  load({ model, optimizer, state }: Checkpoint): void {
    this.model.loadState(model);
    this.optimizer.loadState(optimizer);
    this.masks.state = new Uint8Array(Buffer.from(state.masks, 'base64'));
    if (state.scaler) this.scaler?.loadState(state.scaler);
  }

  private forward(images: Tensor, mask: Mask): Tensor {
    const { precision } = this.recipe;
    if (precision === 'f32') return this.model.forward(images, mask);
    const options = { device: this.device, dtype: precision };
    return autocast(options, () => this.model.forward(images, mask));
  }
}

function checkPrecision({ precision }: PretrainRecipe, device: string): void {
  if (precision !== 'f16' || device.startsWith('cuda')) return;
  const message = `Expected precision f32 or bf16 on ${device} but got f16, which needs CUDA.`;
  throw new RecipeError([{ path: 'precision', message }]);
}
