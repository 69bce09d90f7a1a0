/**
 * Golden runs: fifty steps of every objective and of fine-tuning, by the command line on rendered
 * images. Their losses are kept in git, so that a change of the code that changes what a run
 * computes is noticed.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { writeScenes } from '../../demo/scenes.js';

/** The recipes of the golden runs and, beside them, what the runs computed. */
export const goldenFolder = fileURLToPath(new URL('../../../fixtures/golden/', import.meta.url));

/**
 * Fine-tuning starts from the pre-training run before it; the two rows are independent of each
 * other.
 */
const rows = [
  ['um-mae-swin', 'finetune-swin', 'um-mae-swin-cross', 'simmim-swin'],
  ['um-mae-pvt', 'finetune-pvt', 'um-mae-vit', 'mae-vit'],
] as const;

export const goldenNames: readonly string[] = rows.flat();

/** The numbers that a run wrote down. */
export interface GoldenRun {
  /** The loss of every step. */
  readonly losses: readonly number[];
  /** The scores of every evaluation, by name; none in pre-training. */
  readonly evaluations: readonly Readonly<Record<string, number>>[];
}

/**
 * Renders the images and runs the recipes of `goldenFolder` on one thread each, two at a time.
 *
 * @param folder gets the images and a run directory for each name
 */
export async function runGoldens(folder: string): Promise<void> {
  cpSync(goldenFolder, folder, { recursive: true });
  const scenes = { perClass: { train: 8, val: 4 }, seed: 1, size: 40 };
  await writeScenes(join(folder, 'scenes'), scenes);
  await Promise.all(rows.map((names) => runInTurn(folder, names)));
}

async function runInTurn(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const task = name.startsWith('finetune') ? 'finetune' : 'pretrain';
    const options = ['--recipe', `${name}.yaml`, '--out', name, '--threads', '1', '--workers', '1'];
    await promisify(execFile)(process.execPath, [program, task, ...options], { cwd: folder });
  }
}

const program = fileURLToPath(new URL('../../../bin/um-mae.js', import.meta.url));

/** The numbers of a finished run, as they were printed. */
export function readGoldenRun(run: string): GoldenRun {
  const text = readFileSync(join(run, 'metrics.jsonl'), 'utf8');
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { kind: string } & Record<string, number>);
  const losses = lines.flatMap(({ kind, loss }) => (kind === 'step' ? (loss ?? Number.NaN) : []));
  const evaluations = lines
    .filter(({ kind }) => kind === 'evaluation')
    .map(({ kind, seconds, ...scores }) => scores);
  return { losses, evaluations };
}

/** The golden run as it stands in git. */
export function recordedGoldenRun(name: string): GoldenRun {
  return JSON.parse(readFileSync(join(goldenFolder, `${name}.json`), 'utf8')) as GoldenRun;
}

/**
 * Digests of the files that a finished run left in its last checkpoint, for a comparison to the
 * bit.
 */
export function checkpointDigests(run: string): Readonly<Record<string, string>> {
  const names = ['model', 'optimizer'];
  const last = join(run, 'checkpoints/last');
  return Object.fromEntries(names.map((name) => [name, digest(join(last, `${name}.safetensors`))]));
}

/** Leaves out the metadata of a safetensors file, where the recipe is. */
function digest(path: string): string {
  const bytes = readFileSync(path);
  const end = 8 + Number(bytes.readBigUInt64LE(0));
  const { __metadata__, ...tensors } = JSON.parse(bytes.toString('utf8', 8, end));
  return createHash('sha256')
    .update(JSON.stringify(tensors))
    .update(bytes.subarray(end))
    .digest('hex');
}
