/** One optimizer step after the other; knows nothing of epochs, files or clocks. */
import {
  canRecord,
  Generator,
  type LateNumber,
  noGrad,
  readLater,
  resolveDevice,
  scope,
  type Tensor,
} from '@um-mae/torch';
import { autocast, GradScaler } from '@um-mae/torch/amp';
import { GradientReducer } from '@um-mae/torch/distributed';
import { ActivationCheckpoints, type BatchRows, type Parameter } from '@um-mae/torch/nn';
import { AdamW, clipGradientNorm, gradientNorm, updateAverage } from '@um-mae/torch/optim';
import { blocksOf, setDropPath } from '../backbones/parts/residual-block.js';
import { batchOf } from '../data/loading/loader.js';
import { fitMemory } from './fit-memory.js';
import { type Precision, precisionOn } from './precision.js';
import { RecordedStep } from './recording/recorded-step.js';
import type { Checkpoint } from './run-files/checkpoint.js';
import type { TrainingState } from './run-files/training-state.js';
import type { Batch, Loss, LossContext, Task, TrainedModel } from './task.js';
import type { Team } from './team.js';

/** The part of a trainer that is not a tensor. */
type TrainerState = Pick<TrainingState, 'masks' | 'scaler'>;

/** The contents of a checkpoint that a trainer reads and writes. */
type TrainerCheckpoint = Omit<Checkpoint, 'state'> & { readonly state: TrainerState };

/** The loss of a batch, which the device may still be computing. */
export interface LateLoss {
  readonly total: LateNumber;
  readonly parts: ReadonlyMap<string, LateNumber>;
}

export interface TrainerOptions {
  /** Whether a GPU records steps, where they allow it; default true. */
  readonly records?: boolean;
  /** The processes that train together. Default: this one alone. */
  readonly team?: Team | undefined;
}

/** The part that one of several processes has in a batch. */
export interface PartOfBatch {
  readonly rows: BatchRows;
  /** Whether the step has no more batches, so that gradients are exchanged. */
  readonly isLast: boolean;
}

/** Libraries choose their algorithms, and take the memory for them, in the first steps. */
const stepsBeforeRecording = 3;

export class Trainer<Model extends TrainedModel = TrainedModel> {
  readonly model: Model;
  /** The precision of matrix products. */
  readonly precision: Precision;
  /** The running average of the weights. */
  private readonly averaged: Model | undefined;
  /** Each tensor of the model that is not trained, with that of the running average. */
  private readonly buffers: readonly (readonly [Tensor, Tensor])[];
  private readonly parameters: ReadonlyMap<string, Parameter>;
  private readonly optimizer: AdamW;
  private readonly checkpoints: ActivationCheckpoints | undefined;
  private readonly scaler: GradScaler | undefined;
  private readonly team: Team | undefined;
  private readonly reducer: GradientReducer | undefined;
  /** The part of the batch under way, where several processes share it. */
  private part: PartOfBatch | undefined;
  /** Draws first weights, dropped paths, and what the task draws. */
  private readonly random: Generator;
  /** Whether full steps are recorded once and then replayed. */
  private readonly records: boolean;
  private recorded: RecordedStep | undefined;
  private updates = 0;

  /**
   * @throws UmMaeError or DeviceError when model, image size, precision and device do not fit
   *   together
   */
  constructor(
    private readonly task: Task<Model>,
    private readonly device: string,
    { records = true, team }: TrainerOptions = {},
  ) {
    const { recipe } = task;
    resolveDevice(device);
    this.precision = precisionOn(device, recipe);
    this.random = new Generator(recipe.seed);
    this.model = task.build(this.random);
    this.model.to(device);
    this.averaged = recipe.averageDecay === null ? undefined : this.frozenCopy();
    this.buffers = this.averaged ? bufferPairs(this.model, this.averaged) : [];
    const rows = () => this.part?.rows;
    setDropPath(this.model.encoder, { rate: recipe.dropPath, generator: this.random, rows });
    this.checkpoints = recipe.checkpointing ? this.checkpointBlocks() : undefined;
    this.parameters = this.model.namedParameters();
    this.team = team;
    this.reducer = team && new GradientReducer(this.parameters, team.group);
    const { betas, epsilon } = recipe.optimizer;
    this.optimizer = new AdamW(task.groups(this.model), { betas, epsilon });
    this.scaler = this.precision === 'f16' ? new GradScaler({ device }) : undefined;
    this.records =
      records && canRecord(device) && task.isFixed && !this.checkpoints && !this.scaler && !team;
  }

  /** Numbers that are trained. */
  get size(): number {
    return [...this.parameters.values()].reduce((sum, { elements }) => sum + elements, 0);
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
    if (part?.rows.count === 0) return this.takeNoPart(part);
    this.part = part;
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
    if (!this.reducer) return;
    const { state } = this.random;
    this.takeNoPart({ rows: { first: 0, count: 0, of: 1 }, isLast: true });
    this.random.state = state;
  }

  /**
   * Lets the processes agree on the order in which they exchange gradients, which the last bits of
   * sums depend on. A run that is resumed has the same order from its first step on.
   */
  agreeOnOrder(): void {
    this.exchangeGradients();
    this.discard();
  }

  /** Draws what the others draw, by a black image whose loss counts nothing. */
  private takeNoPart({ rows, isLast }: PartOfBatch): LateLoss {
    const { height, width } = this.task.recipe.image;
    const black = batchOf(new Uint8Array(height * width * 3), { height, width });
    this.part = { rows: { first: 0, count: 1, of: rows.of }, isLast };
    return this.inMemory(1, () => {
      const inputs = this.task.inputs(this.model, black, this.context);
      return readLossLater(this.parts.accumulate(inputs, 0));
    });
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
    accumulate: (inputs: object, weight = this.weight): Loss => {
      // In a scope of its own: handles would keep tensors through the backward pass that only the
      // forward pass needs.
      const loss = scope(() =>
        this.inPrecision(() => this.task.loss(this.model, inputs, this.context)),
      );
      const mean = loss.total.div(this.task.recipe.accumulation);
      const share = weight === 1 ? mean : mean.mul(weight);
      const root = this.scaler?.scale(share) ?? share;
      const backward = () => (this.checkpoints ? this.checkpoints.backward(root) : root.backward());
      if (this.reducer && this.part?.isLast) this.reducer.reduce(backward);
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
    return { generator: this.random, device: this.device, rows: this.part?.rows };
  }

  /** The weight of this process's loss: gradients are the mean over the processes. */
  private get weight(): number {
    if (!this.team || !this.part) return 1;
    const { count, of } = this.part.rows;
    return (this.team.size * count) / of;
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
    const decay = this.task.recipe.averageDecay;
    if (!this.averaged || decay === null) return;
    const averages = [...this.averaged.namedParameters().values()];
    updateAverage(averages, [...this.parameters.values()], { decay, step });
    // Statistics of norms are running averages themselves.
    noGrad(() => {
      for (const [from, to] of this.buffers) to.copy_(from);
    });
  }

  /**
   * The model for pictures and scores: the averaged weights if there are any, else the trained
   * ones.
   */
  get shown(): Model {
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
  save(): TrainerCheckpoint {
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
  load({ model, optimizer, average, state }: TrainerCheckpoint): void {
    this.model.loadState(model);
    this.optimizer.loadState(optimizer);
    if (average) this.averaged?.loadState(average);
    this.random.state = new Uint8Array(Buffer.from(state.masks, 'base64'));
    if (state.scaler) this.scaler?.loadState(state.scaler);
  }

  /** The same weights once more, which nothing trains. */
  private frozenCopy(): Model {
    const copy = this.task.build(new Generator(this.task.recipe.seed));
    copy.to(this.device).loadState(this.model.state());
    for (const parameter of copy.namedParameters().values()) parameter.requiresGrad = false;
    return copy;
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

function readLossLater({ total, parts }: Loss): LateLoss {
  const late = Object.entries(parts).map(([name, part]) => [name, readLater(part)] as const);
  return { total: readLater(total), parts: new Map(late) };
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
