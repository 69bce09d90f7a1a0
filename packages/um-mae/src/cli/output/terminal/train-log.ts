/** The file `train.log` of a run: everything that its terminal shows, as plain lines. */
import { appendFileSync } from 'node:fs';
import { printable } from '../../../printable.js';
import { RunDirectory } from '../../../training/run-files/run-directory.js';
import { shellWord } from '../shell-word.js';
import { EventLines, type TrainingEvent } from './event-lines.js';
import { plainWidth } from './progress.js';

export class TrainLog {
  private readonly lines = new EventLines(() => plainWidth);
  private path: string | undefined;
  /** Lines of before the run has a directory. */
  private early: string[] = [];

  /** Adds an event; of the steps, those that have a line of metrics. */
  add(event: TrainingEvent): void {
    if (event.kind === 'started') this.begin(event.directory);
    const text = event.kind === 'step' && !event.logged ? undefined : this.lines.text(event);
    if (text !== undefined) this.write(text);
    if (event.kind === 'chosen' && text !== undefined) this.early.push(text);
  }

  /** Adds an error, in a process that has had no events, too. @param directory the run */
  fail(text: string, directory: string | undefined): void {
    if (this.path === undefined && directory !== undefined) this.open(directory);
    if (text !== '') this.write(text);
  }

  private begin(directory: string): void {
    this.open(directory);
    const now = new Date().toISOString().slice(0, 19).replace('T', ' ');
    this.write(`${now} UTC  um-mae ${process.argv.slice(2).map(shellWord).join(' ')}`);
    for (const text of this.early.splice(0)) this.write(text);
  }

  /** A log is of a run that is there: a command that was refused leaves no folder behind. */
  private open(directory: string): void {
    const run = new RunDirectory(directory);
    if (run.exists) this.path = run.textLog;
  }

  private write(text: string): void {
    if (this.path === undefined) return;
    try {
      appendFileSync(this.path, `${printable(text)}\n`);
    } catch {
      // A run that cannot write its metrics ends by that; what is only for people ends none.
      this.path = undefined;
    }
  }
}
