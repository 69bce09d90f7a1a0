/** Dropout and stochastic depth by given draws instead of drawn ones. */
import type { Tensor } from '@um-mae/torch';
import { Generator } from '@um-mae/torch';
import { DropPath, dropChannels, dropPath, Module } from '@um-mae/torch/nn';
import { blocksOf, setDropPath } from '../../../backbones/parts/blocks/residual-block.js';

/** Keeps the channels that a case keeps; in training, in the place of `DropChannels`. */
class GivenChannels extends Module {
  /** Bool [batch, channels]. */
  kept: Tensor | undefined;

  constructor(readonly rate: number) {
    super();
  }

  forward(x: Tensor): Tensor {
    return this.training && this.kept ? dropChannels(x, this.kept, this.rate) : x;
  }
}

/** A head whose dropout is given: `keep` says which channels the next pass keeps. */
export function giveChannels(
  head: Module | undefined,
  rate: number,
): { keep(kept: Tensor | undefined): void } {
  const given = new GivenChannels(rate);
  if (head) Object.assign(head, { dropout: given });
  return {
    keep(kept) {
      given.kept = kept;
    },
  };
}

/** Survivals by given draws, one of which each call takes. */
class GivenDropPath extends DropPath {
  constructor(
    rate: number,
    private readonly next: () => Tensor,
  ) {
    super(rate);
  }

  override forward(x: Tensor): Tensor {
    if (!this.training || this.rate === 0) return x;
    return dropPath(x, this.next().view([-1, ...x.shape.slice(1).map(() => 1)]), this.rate);
  }
}

/**
 * Gives the blocks of a model their rates, and draws: `draw` says which the next pass takes,
 * [calls, images] in the order of the calls.
 */
export function givePaths(model: Module, rate: number): { draw(draws: Tensor | undefined): void } {
  setDropPath(model, { rate, generator: new Generator(0) });
  let rows: Tensor[] = [];
  for (const block of blocksOf(model)) {
    const next = () => {
      const [row, ...others] = rows;
      rows = others;
      if (!row) throw new RangeError('Expected a draw for every branch.');
      return row;
    };
    Object.assign(block, { dropPath: new GivenDropPath(block.dropPath.rate, next) });
  }
  return {
    draw(draws) {
      rows = draws ? draws.to('f32').unbind() : [];
    },
  };
}
