/** One optimizer step after the other; knows nothing of epochs, files or clocks. */
import {
  canRecord,
  Generator,
  type LateNumber,
  readLater,
  resolveDevice,
  scope,
  type Tensor,
} from '@um-mae/torch';
import { autocast, GradScaler } from '@um-mae/torch/amp';
import { ActivationCheckpoints, type Parameter } from '@um-mae/torch/nn';
import { AdamW, clipGradientNorm, gradientNorm } from '@um-mae/torch/optim';
import { blocksOf, setDropPath } from '../../backbones/parts/blocks/residual-block.js';
import { batchOf } from '../../data/loading/loader.js';
import { RecordedStep } from '../recording/recorded-step.js';
import type { Checkpoint } from '../run-files/checkpoints/checkpoint.js';
import type { TrainingState } from '../run-files/checkpoints/training-state.js';
import type { Batch, Loss, LossContext, Task, TrainedModel } from '../task.js';
import { emptyEnd, type PartOfBatch, SharedStep } from '../team/shared-step.js';
import type { Team } from '../team/team.js';
import { fitMemory } from './fit-memory.js';
import { type LateLoss, readLossLater } from './late-loss.js';
import { type Precision, precisionOn } from './precision.js';
import { WeightAverage } from './weight-average.js';

/** The part of a trainer that is not a tensor. */
type TrainerState = Pick<TrainingState, 'masks' | 'scaler'>;

/** The contents of a checkpoint that a trainer reads and writes. */
type TrainerCheckpoint = Omit<Checkpoint, 'state'> & { readonly state: TrainerState };

export interface TrainerOptions {
  /** Whether a GPU records steps, where they allow it; default true. */
  readonly records?: boolean;
  /** The processes that train together. Default: this one alone. */
  readonly team?: Team | undefined;
}

/** Libraries choose their algorithms, and take the memory for them, in the first steps. */
const stepsBeforeRecording = 3;

export class Trainer<Model extends TrainedModel = TrainedModel> {
  readonly model: Model;
  /** The precision of matrix products. */
  readonly precision: Precision;
  /** The running average of the weights. */
  private readonly averaged: WeightAverage<Model> | undefined;
  private readonly parameters: ReadonlyMap<string, Parameter>;
  private readonly optimizer: AdamW;
  private readonly checkpoints: ActivationCheckpoints | undefined;
  private readonly scaler: GradScaler | undefined;
  /** The step under way, where several processes take it together. */
  private readonly shared: SharedStep | undefined;
  /** Draws first weights, dropped paths, and what the task draws. */
  private readonly random: Generator;
  /**
   * Whether full steps are recorded once and then replayed. Those of several processes are not: a
   * reducer orders its exchange, and Gloo copies, while a step goes on.
   */
  private readonly records: boolean;
  private recorded: RecordedStep | undefined;
  private updates = 0;

  /**
   * @throws UmMaeError or DeviceError when model, image size, precision and device do not fit
   *   together
   */
  constructor(
    private readonly task: Task<Model>,
    readonly device: string,
    { records = true, team }: TrainerOptions = {},
  ) {
    const { recipe } = task;
    resolveDevice(device);
    this.precision = precisionOn(device, recipe);
    this.random = new Generator(recipe.seed);
    this.model = task.build(this.random);
    this.model.to(device);
    const { averageDecay } = recipe;
    this.averaged = averageDecay === null ? undefined : this.averageOf(averageDecay);
    setDropPath(this.model.encoder, { rate: recipe.dropPath, generator: this.random });
    this.checkpoints = recipe.checkpointing ? this.checkpointBlocks() : undefined;
    this.parameters = this.model.namedParameters();
    this.shared = team && new SharedStep(team);
    this.shared?.shareBatchesOf(this.model, { syncsNorms: recipe.syncBatchNorm ?? true });
    const { betas, epsilon } = recipe.optimizer;
    this.optimizer = new AdamW(task.groups(this.model), { betas, epsilon });
    this.scaler = this.precision === 'f16' ? new GradScaler({ device }) : undefined;
    this.records =
      records && canRecord(device) && task.isFixed && !this.checkpoints && !this.scaler && !team;
  }

  /** Whether it trains on a GPU of CUDA, which may still be at a step that is taken. */
  get isOnGpu(): boolean {
    return this.device.startsWith('cuda');
  }

  /** Numbers that are trained. */
  get size(): number {
    return [...this.parameters.values()].reduce((sum, { elements }) => sum + elements, 0);
  }

  /** Frees the weights and moments, of which nothing may be left in use. */
  dispose(): void {
    this.model.dispose();
    for (const tensor of this.optimizer.state().values()) tensor.dispose();
  }

  /** Forgets gradients that no step has used. */
  discard(): void {
    if (this.records) this.optimizer.clearGrad();
    else this.optimizer.zeroGrad();
  }

  /**
   * Adds the gradient of a batch, of at least one image, to those of its step.
   *
   * @param part the part of this process, which may have no image, where several share the batch
   * @returns the loss, and its parts by name
   * @throws UmMaeError with the batch size to try when memory does not suffice
   * @throws GroupError when another process is lost
   */
  accumulate(batch: Batch, part?: PartOfBatch): LateLoss {
    if (this.shared) this.shared.part = part;
    return this.add(part?.rows.count === 0 ? this.blank() : batch);
  }

  private add(batch: Batch): LateLoss {
    return this.inMemory(batch.indices.length, () => {
      const inputs = this.task.inputs(this.model, batch, this.context);
      if (this.isRecordingDue(batch))
        this.recorded = new RecordedStep(this.device, inputs, this.parts);
      const step = this.recorded?.fits(inputs) ? this.recorded : this.parts;
      return readLossLater(step.accumulate(inputs));
    });
  }

  /** Takes part in the exchange of gradients that end a step, without images of its own. */
  exchangeGradients(): void {
    if (!this.shared) return;
    const { state } = this.random;
    this.shared.part = emptyEnd;
    this.add(this.blank());
    this.random.state = state;
  }

  /**
   * Lets the processes agree on the gradients that they exchange, those that a loss depends on, and
   * on their order, which the last bits of sums depend on. It comes before the first step: so a run
   * that is resumed has the same order from there on.
   */
  agreeOnGradients(): void {
    if (!this.shared) return;
    this.exchangeGradients();
    this.shared.exchangeGradientsOf(this.parameters);
    this.discard();
    this.exchangeGradients();
    this.discard();
  }

  private blank(): Batch {
    const own = this.task.blank?.();
    if (own) return own;
    const { height, width } = this.task.recipe.image;
    return batchOf(new Uint8Array(height * width * 3), { height, width });
  }

  /**
   * Moves the weights, if the gradients are finite, and forgets the gradients.
   *
   * @returns the norm of the gradients before clipping
   */
  update(learningRate: number): LateNumber {
    return this.inMemory(this.task.recipe.batchSize, () => {
      this.updates++;
      return readLater((this.recorded ?? this.parts).update(learningRate));
    });
  }

  private inMemory<Result>(images: number, body: () => Result): Result {
    return fitMemory({ images, device: this.device }, () => scope(body));
  }

  /** A step, operator by operator. */
  private readonly parts = {
    accumulate: (inputs: object): Loss => {
      // In a scope of its own: handles would keep tensors through the backward pass that only the
      // forward pass needs.
      const loss = scope(() =>
        this.inPrecision(() => this.task.loss(this.model, inputs, this.context)),
      );
      const mean = loss.total.div(this.task.recipe.accumulation);
      const weight = this.shared?.weight ?? 1;
      const share = weight === 1 ? mean : mean.mul(weight);
      const root = this.scaler?.scale(share) ?? share;
      const backward = () => (this.checkpoints ? this.checkpoints.backward(root) : root.backward());
      if (this.shared) this.shared.backward(backward);
      else backward();
      return loss;
    },

    update: (learningRate: number | Tensor): Tensor => {
      const parameters = [...this.parameters.values()];
      const { maxGradientNorm } = this.task.recipe.optimizer;
      this.scaler?.unscale(parameters);
      const norm =
        maxGradientNorm === null
          ? gradientNorm(parameters)
          : clipGradientNorm(parameters, maxGradientNorm);
      if (this.scaler) this.scaler.step(() => this.optimizer.step(learningRate));
      else this.optimizer.step(learningRate, { unless: norm.isfinite().logicalNot().to('f32') });
      this.discard();
      return norm;
    },
  };

  private get context(): LossContext {
    const { random: generator, device, shared } = this;
    return { generator, device, rows: shared?.rows, divisor: shared?.divisor };
  }

  /** Whether a step is to be recorded: on a GPU, once some have shown libtorch what they need. */
  private isRecordingDue({ indices }: Batch): boolean {
    const { batchSize } = this.task.recipe;
    const isFull = indices.length === batchSize;
    return this.records && !this.recorded && isFull && this.updates >= stepsBeforeRecording;
  }

  /**
   * Takes the weights into their running average, where there is one.
   *
   * @param step steps done
   */
  average(step: number): void {
    this.averaged?.update(step);
  }

  /**
   * The model for pictures and scores: the averaged weights if there are any, else the trained
   * ones.
   */
  get shown(): Model {
    return this.averaged?.model ?? this.model;
  }

  /** Whether a gradient that is not finite is nothing but a loss scale that was too high. */
  get toleratesOverflow(): boolean {
    return this.scaler !== undefined;
  }

  /** The time that this process has waited for gradients of others, in milliseconds. */
  get waitedMs(): number {
    return this.shared?.waitedMs ?? 0;
  }

  /** Whether all weights are finite. */
  get isSound(): boolean {
    return [...this.parameters.values()].every((weight) =>
      scope(() => Boolean(weight.isfinite().all().item())),
    );
  }

  /** Weights, moments, and the rest; the tensors are the trainer's own. */
  save(): TrainerCheckpoint {
    return {
      model: this.model.state(),
      optimizer: this.optimizer.state(),
      average: this.averaged?.model.state(),
      state: {
        masks: Buffer.from(this.random.state).toString('base64'),
        scaler: this.scaler?.state() ?? null,
      },
    };
  }

  /** Goes on where the checkpoint was written. */
  load({ model, optimizer, average, state }: TrainerCheckpoint): void {
    this.model.loadState(model);
    this.optimizer.loadState(optimizer);
    if (average) this.averaged?.model.loadState(average);
    this.random.state = new Uint8Array(Buffer.from(state.masks, 'base64'));
    if (state.scaler) this.scaler?.loadState(state.scaler);
  }

  private averageOf(decay: number): WeightAverage<Model> {
    const copy = this.task.build(new Generator(this.task.recipe.seed));
    copy.to(this.device);
    return new WeightAverage(this.model, copy, decay);
  }

  private checkpointBlocks(): ActivationCheckpoints {
    const around = (body: () => Tensor) => this.inPrecision(body);
    const checkpoints = new ActivationCheckpoints({ generator: this.random, around });
    for (const block of blocksOf(this.model)) block.checkpoints = checkpoints;
    return checkpoints;
  }

  private inPrecision<Result>(body: () => Result): Result {
    const { precision } = this;
    return precision === 'f32' ? body() : autocast({ device: this.device, dtype: precision }, body);
  }
}
