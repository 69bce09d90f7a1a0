/** Runs the commands of an experiment, several at a time, each once. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { keepResults, readLines, umMae } from './run.mjs';

/**
 * Performs tasks and keeps their scores; a task with a score is passed over, and a run that was
 * stopped is resumed.
 *
 * @param {{name: string, after?: string, args: string[]}[]} tasks the first that can begin goes first,
 * where `after` names one that has to have ended before; arguments begin with names of places
 * @param {object} options
 * @param {Record<string, string>} options.places folders by the words that stand for them; `OUT` is
 * where runs are
 * @param {URL} options.results the `results.jsonl` of the experiment
 * @param {(report: object, directory: string) => object} options.scores what to keep of the last
 * line of a command
 * @param {number} options.jobs tasks at a time
 */
export async function runTasks(tasks, { places, results, scores, jobs }) {
  const queue = [...tasks];
  const open = new Set(tasks.map(({ name }) => name));
  const running = new Set();
  const words = new RegExp(`^(${Object.keys(places).join('|')})(?=/|$)`);

  async function perform({ name, args }) {
    if (readLines(results).some(({ run }) => run === name)) return;
    const directory = join(places.OUT, name);
    const resumed = existsSync(directory) && args.includes('--out');
    const placed = args.map((text) => text.replace(words, (word) => places[word]));
    const { report, processorSeconds } = await umMae(
      ...(resumed ? [args[0], '--out', directory, '--resume'] : placed),
    );
    const measured = scores(report, directory);
    const command = `um-mae ${args.join(' ')}`;
    keepResults(results, name, [{ command, ...measured, processorSeconds, resumed }]);
    console.log(name, JSON.stringify(measured));
  }

  /** Performs the first task whose predecessor has ended, again and again. */
  async function work() {
    while (queue.length > 0) {
      const index = queue.findIndex(({ after }) => !open.has(after));
      if (index === -1) await Promise.race(running);
      else {
        const [task] = queue.splice(index, 1);
        const performed = perform(task);
        running.add(performed);
        await performed;
        running.delete(performed);
        open.delete(task.name);
      }
    }
  }

  await Promise.all(Array.from({ length: jobs }, work));
}
