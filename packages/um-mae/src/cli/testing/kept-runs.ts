/** Run directories, recipes, weights and features that an earlier version of the program wrote. */
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const runsFolder = fileURLToPath(new URL('../../../fixtures/runs/', import.meta.url));

/** The folder in which the files were made; recipes name images in it. */
const origin = '/tmp/um-mae-fixtures';

/** Copies everything into `folder`, and lets its recipes find the images there. */
export function copyKeptRuns(folder: string): void {
  cpSync(runsFolder, folder, { recursive: true, verbatimSymlinks: true });
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  for (const name of names.filter((name) => name.endsWith('.yaml'))) {
    const path = join(folder, name);
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(origin, folder));
  }
}

/** Arguments of the commands that read a run, where commands differ in how they take them. */
export const readingCommands = {
  reconstruct: (run: string, image: string, out: string) => [
    ...['reconstruct', run, image, '--out', out],
  ],
  similar: (run: string, image: string, index: string) => [
    ...['similar', run, image, '--index', index],
  ],
} as const;

/** The lines of the metrics of a run. */
export function metricsOf(run: string): Record<string, unknown>[] {
  const text = readFileSync(join(run, 'metrics.jsonl'), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** The loss of every step that is in the metrics of a run. */
export function lossesOf(run: string): number[] {
  return metricsOf(run).flatMap(({ kind, loss }) => (kind === 'step' ? [Number(loss)] : []));
}
