/** The steps that several processes take together: the part of each, and what they exchange. */
import { type Tensor, tensor } from '@um-mae/torch';
import { GradientReducer } from '@um-mae/torch/distributed';
import {
  BatchNorm2d,
  type BatchRows,
  type Divisor,
  DropChannels,
  DropPath,
  type Module,
  type Parameter,
} from '@um-mae/torch/nn';
import type { LateLoss } from '../steps/late-loss.js';
import type { Team } from './team.js';

/** The part that one of several processes has in a batch. */
export interface PartOfBatch {
  /** The images of this process, which may be none, among those of the whole batch. */
  readonly rows: BatchRows;
  /** Whether the step has no more batches, so that gradients are exchanged. */
  readonly isLast: boolean;
}

/** The loss of a batch, and the share of the batch's images that it is the mean over. */
export interface CountedLoss extends LateLoss {
  readonly share: number;
}

/** The way in which processes share batches. */
export interface SharingOptions {
  /** Whether batch norms take statistics over all processes; else over the images of their own. */
  readonly syncsNorms: boolean;
}

/** The step under way in one of several processes. */
export class SharedStep {
  /** The part of this process in the batch under way; undefined before the first. */
  part: PartOfBatch | undefined;
  private reducer: GradientReducer | undefined;

  constructor(private readonly team: Team) {}

  /** Exchanges the gradients of those parameters, by name, that have one now, from now on. */
  exchangeGradientsOf(parameters: ReadonlyMap<string, Parameter>): void {
    const used = new Map([...parameters].filter(([, { grad }]) => grad));
    this.reducer = new GradientReducer(used, this.team.group);
  }

  /**
   * The images that the network takes, among those of the whole batch: one that stands for none
   * where this process has none.
   */
  get rows(): BatchRows | undefined {
    if (!this.part) return undefined;
    const { rows } = this.part;
    return rows.count > 0 ? rows : { first: 0, count: 1, of: rows.of };
  }

  /** The weight of this process's loss: gradients are the mean over the processes. */
  get weight(): number {
    if (!this.part) return 1;
    const { count, of } = this.part.rows;
    return (this.team.size * count) / of;
  }

  /** The time that this process has waited for gradients of others, in milliseconds. */
  get waitedMs(): number {
    return this.reducer?.waitedMs ?? 0;
  }

  /** Divides sums so that means of all processes, by their shares of the images, add up. */
  readonly divisor: Divisor = {
    ofNumber: (count) => this.wholeOf(tensor(count, { dtype: 'f64' })).number(),
    ofTensor: (count) => this.wholeOf(count.detach().to('f64')).to('f32'),
  };

  private wholeOf(count: Tensor): Tensor {
    const { count: own, of } = this.part?.rows ?? emptyEnd.rows;
    const sum = count.mul(own === 0 ? 0 : 1);
    this.team.group.sumNow(sum);
    return sum.clamp({ min: 1 }).mul(own === 0 ? 1 : own / of);
  }

  /** Lets a model draw for whole batches, and normalise by them. */
  shareBatchesOf(model: Module, { syncsNorms: together }: SharingOptions): void {
    for (const module of model.modules()) {
      if (module instanceof DropPath || module instanceof DropChannels)
        module.rows = () => this.rows;
      if (module instanceof BatchNorm2d) {
        module.shared = {
          normalise: (x, norm) => {
            const counts = this.part !== undefined && this.part.rows.count > 0;
            return this.team.group.batchNorm(x, norm, { counts, together });
          },
        };
      }
    }
  }

  /** Runs a backward pass; the last one of a step exchanges gradients, once it is known which. */
  backward(pass: () => void): void {
    if (this.reducer && this.part?.isLast) this.reducer.reduce(pass);
    else this.team.group.during(pass);
  }
}

/** The part in the last batch of a step, of which no process has an image. */
export const emptyEnd: PartOfBatch = { rows: { first: 0, count: 0, of: 1 }, isLast: true };

/** The numbers of a step, of all processes together. */
export interface SharedNumbers {
  /** The loss of each batch and then its parts, each the mean over the images. */
  readonly losses: readonly (readonly number[])[];
  /** Sums of what each process has told beside. */
  readonly sums: readonly number[];
}

/**
 * Exchanges the losses of a step.
 *
 * @param beside more numbers that are to be summed, as many in all processes
 */
export async function exchangeLosses(
  losses: readonly CountedLoss[],
  team: Team | undefined,
  beside: readonly number[] = [],
): Promise<SharedNumbers> {
  const own = losses.map(({ total, parts, share }) =>
    // Also where no image has a loss of NaN.
    [total, ...parts.values()].map((number) => (share === 0 ? 0 : number.value() * share)),
  );
  if (!team) return { losses: own, sums: [] };
  const sums = await team.sum([...own.flat(), ...beside]);
  return { losses: own.map((batch) => sums.splice(0, batch.length)), sums };
}
