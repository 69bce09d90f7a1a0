/** Describes the machine and the program of a run. No other file of the library reads `process`. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { arch, availableParallelism, cpus, platform, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { engine } from '@um-mae/torch';
import { parseJson } from '@um-mae/torch/files';
import sharp from 'sharp';
import { z } from 'zod';
import { CheckpointError } from '../errors.js';
import { mostOfRecord, wholeText } from '../files/whole-file.js';
import { packageVersion } from '../package-version.js';
import { RunDirectory } from './run-files/run-directory.js';

export interface Environment {
  readonly versions: Readonly<Record<'um-mae' | 'node' | 'libtorch' | 'sharp' | 'libvips', string>>;
  /** The commit of this code; null outside a git checkout. */
  readonly gitCommit: string | null;
  readonly platform: string;
  readonly processor: string;
  /**
   * The processor's sets of instructions that decide how fast products are, as Linux calls them.
   */
  readonly instructions: readonly string[];
  /**
   * Libraries that compute products: their versions, and OpenBLAS's kernels; null for what is not
   * there.
   */
  readonly products: Readonly<Record<'openblas' | 'kernels' | 'onednn', string | null>>;
  readonly cores: number;
  readonly memoryBytes: number;
  /** Threads of libtorch. */
  readonly threads: number;
}

/** Describes this machine and the libraries that the program runs with. */
export function environment(): Environment {
  const { version, threads, instructions, libraries } = engine();
  return {
    versions: {
      'um-mae': packageVersion(),
      node: process.versions.node,
      libtorch: version,
      sharp: sharp.versions.sharp ?? 'unknown',
      libvips: sharp.versions.vips,
    },
    gitCommit: gitCommit(),
    platform: `${platform()} ${arch()}`,
    processor: cpus()[0]?.model ?? 'unknown',
    instructions,
    products: {
      openblas: /\d[\d.]*/.exec(libraries.openblas)?.[0] ?? null,
      kernels: libraries.openblasKernels || null,
      onednn: libraries.onednn || null,
    },
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    threads,
  };
}

/** The device and threads of a run, on which its weights depend. */
export interface Machine {
  readonly device?: string | undefined;
  readonly threads?: number | undefined;
}

/**
 * Returns the device and threads with which the run in `directory` was last trained, if its
 * `environment.json` has them.
 *
 * @throws CheckpointError when that file is damaged
 */
export function recordedMachine(directory: string): Machine {
  const file = new RunDirectory(directory).environment;
  if (!existsSync(file)) return {};
  try {
    return recorded.parse(parseJson(wholeText(file, { as: CheckpointError, most: mostOfRecord })));
  } catch (cause) {
    const message = `Expected the machine of a run in ${file} but it is damaged.`;
    throw new CheckpointError(message, { cause });
  }
}

const recorded = z.object({ device: z.string(), threads: z.int().positive() }).partial();

/** Memory that the process holds now, in bytes. */
export function residentBytes(): number {
  return process.memoryUsage.rss();
}

function gitCommit(): string | null {
  const cwd = fileURLToPath(new URL('.', import.meta.url));
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], {
      cwd,
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim();
  } catch {
    return null;
  }
}
