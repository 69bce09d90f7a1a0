/** Readers in C++, under libFuzzer and sanitizers, where clang is installed. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const native = join(root, 'packages/um-mae/native');

/** The readers by name: their sources, libraries and corpus. */
export const nativeReaders = {
  'native-jpeg': {
    sources: ['fuzz/jpeg_fuzzer.cc', 'jpeg.cc'],
    libraries: ['-ljpeg'],
    corpus: 'jpeg',
  },
};

/** Returns the number of findings, at most one: libFuzzer ends with the first. */
export function fuzzNative(name, milliseconds, findings) {
  const { sources, libraries, corpus } = nativeReaders[name];
  if (spawnSync('clang++', ['--version']).status !== 0) {
    console.log(`${name}: passed over (Expected clang++ for libFuzzer but got none.)`);
    return 0;
  }
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
  mkdirSync(findings, { recursive: true });
  const program = join(folder, name);
  const flags = ['-std=c++17', '-g', '-O1', '-fsanitize=fuzzer,address,undefined'];
  const paths = sources.map((source) => join(native, source));
  run('clang++', [...flags, `-I${native}`, ...paths, ...libraries, '-o', program]);
  mkdirSync(join(folder, 'grown'));
  const seconds = Math.max(1, Math.round(milliseconds / 1000));
  const { status } = run(program, [
    ...[`-max_total_time=${seconds}`, '-timeout=20', '-rss_limit_mb=2048', '-max_len=65536'],
    ...[`-artifact_prefix=${findings}/${name}-`, '-print_final_stats=1', '-verbosity=0'],
    ...[join(folder, 'grown'), join(import.meta.dirname, 'corpus', corpus)],
  ]);
  rmSync(folder, { recursive: true });
  console.log(`${name}: ${status === 0 ? 0 : 1} findings`);
  return status === 0 ? 0 : 1;
}

function run(program, options) {
  const { status, error } = spawnSync(program, options, { stdio: 'inherit' });
  if (error) throw error;
  return { status };
}
