/** The folder of a run: the names in it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Layout of run directories, of their sheets too. It is recorded in `environment.json` and grows
 * when readers of before would misread what is new; runs without a number are of the first one.
 */
export const runLayout = 1;

/** The paths of all files that a run leaves behind. */
export class RunDirectory {
  constructor(readonly path: string) {}

  /** Whether there is a run. */
  get exists(): boolean {
    return existsSync(this.recipe);
  }

  get recipe(): string {
    return join(this.path, 'recipe.yaml');
  }

  get environment(): string {
    return join(this.path, 'environment.json');
  }

  get metrics(): string {
    return join(this.path, 'metrics.jsonl');
  }

  /** The reason for which the run ended with an error, until it goes on. */
  get failure(): string {
    return join(this.path, 'failure.json');
  }

  /** Everything that `um-mae pretrain` and `finetune` have shown, as plain lines. */
  get textLog(): string {
    return join(this.path, 'train.log');
  }

  get skipped(): string {
    return join(this.path, 'skipped.jsonl');
  }

  /** The file of the mistakes that the best weights of fine-tuning make. */
  get results(): string {
    return join(this.path, 'results.json');
  }

  /** The file of tags and a note, which people write in the studio. */
  get notes(): string {
    return join(this.path, 'notes.json');
  }

  /** The file of the scores that the last probe of the run has measured. */
  get probe(): string {
    return join(this.path, 'probe.json');
  }

  get checkpoints(): string {
    return join(this.path, 'checkpoints');
  }

  /** The folder that `um-mae embed` writes for the studio. */
  get features(): string {
    return join(this.path, 'features');
  }

  get images(): string {
    return join(this.path, 'images');
  }

  /** The sheet of the epoch that has ended as the `epoch`-th. */
  sheet(epoch: number): string {
    return join(this.images, `epoch-${String(epoch).padStart(4, '0')}.png`);
  }
}
