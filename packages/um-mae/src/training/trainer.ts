/** One optimizer step after the other; knows nothing of epochs, files or clocks. */
import { Generator, resolveDevice, scope, type Tensor } from '@um-mae/torch';
import { autocast, GradScaler } from '@um-mae/torch/amp';
import { Checkpoints, type Parameter } from '@um-mae/torch/nn';
import { AdamW, clipGradientNorm, gradientNorm, updateAverage } from '@um-mae/torch/optim';
import { blocksOf, setDropPath } from '../backbones/residual-block.js';
import { RecipeError } from '../errors.js';
import { normaliseImages } from '../evaluation/pixels.js';
import { checkDrops } from '../masking/mask.js';
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
  /** The running average of the weights. */
  private readonly averaged: Objective | undefined;
  private readonly parameters: ReadonlyMap<string, Parameter>;
  private readonly optimizer: AdamW;
  private readonly checkpoints: Checkpoints | undefined;
  private readonly scaler: GradScaler | undefined;
  /** Draws masks and dropped paths. */
  private readonly random: Generator;

  /** @throws UmMaeError or DeviceError when model, image size, precision and device do not fit together */
  constructor(
    private readonly recipe: PretrainRecipe,
    private readonly device: string,
  ) {
    resolveDevice(device);
    checkPrecision(recipe, device);
    this.random = new Generator(recipe.seed);
    this.model = buildObjective(recipe, { generator: this.random });
    checkDrops(recipe.masking, this.model.grid);
    this.model.to(device);
    this.averaged = recipe.averageDecay === null ? undefined : frozenCopy(this.model, recipe);
    setDropPath(this.model.encoder, { rate: recipe.dropPath, generator: this.random });
    this.checkpoints = recipe.checkpointing ? this.checkpointBlocks() : undefined;
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
      const { visible, hidden } = this.model.drawMask(images, this.random);
      const mask = { visible: visible.to(this.device), hidden: hidden.to(this.device) };
      const loss = this.inPrecision(() => this.model.forward(input, mask));
      const share = loss.div(this.recipe.accumulation);
      const root = this.scaler?.scale(share) ?? share;
      if (this.checkpoints) this.checkpoints.backward(root);
      else root.backward();
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

  /**
   * Takes the weights into their running average, where there is one.
   *
   * @param step steps done
   */
  average(step: number): void {
    const decay = this.recipe.averageDecay;
    if (!this.averaged || decay === null) return;
    const averages = [...this.averaged.namedParameters().values()];
    updateAverage(averages, [...this.parameters.values()], { decay, step });
  }

  /** What sheets and probes look at: the averaged weights, where there are any. */
  get shown(): Objective {
    return this.averaged ?? this.model;
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
      average: this.averaged?.state(),
      state: {
        masks: Buffer.from(this.random.state).toString('base64'),
        scaler: this.scaler?.state() ?? null,
      },
    };
  }

  /** Goes on where the checkpoint was written. */
  load({ model, optimizer, average, state }: Checkpoint): void {
    this.model.loadState(model);
    this.optimizer.loadState(optimizer);
    if (average) this.averaged?.loadState(average);
    this.random.state = new Uint8Array(Buffer.from(state.masks, 'base64'));
    if (state.scaler) this.scaler?.loadState(state.scaler);
  }

  private checkpointBlocks(): Checkpoints {
    const around = (body: () => Tensor) => this.inPrecision(body);
    const checkpoints = new Checkpoints({ generator: this.random, around });
    for (const block of blocksOf(this.model)) block.checkpoints = checkpoints;
    return checkpoints;
  }

  private inPrecision(body: () => Tensor): Tensor {
    const { precision } = this.recipe;
    return precision === 'f32' ? body() : autocast({ device: this.device, dtype: precision }, body);
  }
}

/** The same weights once more, which nothing trains. */
function frozenCopy(model: Objective, recipe: PretrainRecipe): Objective {
  const copy = buildObjective(recipe, { generator: new Generator(recipe.seed) });
  copy.to(model.mask_token.device).loadState(model.state());
  for (const parameter of copy.namedParameters().values()) parameter.requiresGrad = false;
  return copy;
}

function checkPrecision({ precision }: PretrainRecipe, device: string): void {
  if (precision !== 'f16' || device.startsWith('cuda')) return;
  const message = `Expected precision f32 or bf16 on ${device} but got f16, which needs CUDA.`;
  throw new RecipeError([{ path: 'precision', message }]);
}
