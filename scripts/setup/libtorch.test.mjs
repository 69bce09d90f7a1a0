import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { findLibtorch } from '../../packages/torch/scripts/find-libtorch.mjs';
import { findNccl } from '../../packages/torch/scripts/find-nccl.mjs';
import { hasOnednn } from '../../packages/torch/scripts/find-onednn.mjs';

let root;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'libtorch-'));
  vi.stubEnv('LIBTORCH', root);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

function write(path, text) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const api = 'include/torch/csrc/api/include/torch/version.h';
const version = ['MAJOR 2', 'MINOR 13', 'PATCH 1']
  .map((part) => `#define TORCH_VERSION_${part}\n`)
  .join('');

describe('findLibtorch', () => {
  test('reads the version from the header that has it', () => {
    write('lib/libtorch_cpu.so', '');
    write(api, version);
    expect(findLibtorch()).toMatchObject({ source: 'LIBTORCH', version: '2.13.1', cuda: false });
    write(api, '#include <torch/headeronly/version.h>\n');
    write('include/torch/headeronly/version.h', version);
    expect(findLibtorch()).toMatchObject({ version: '2.13.1', lib: join(root, 'lib') });
  });

  test('refuses a folder without libtorch', () => {
    expect(findLibtorch).toThrow(`Expected a libtorch folder with include/ and lib/ in LIBTORCH`);
  });
});

test('the headers of NCCL and CUDA are found where all are there', () => {
  const libtorch = { root: join(root, 'torch') };
  const folder = (name) => join(root, 'nvidia', name, 'include');
  const cuda = ['cuda_runtime_api.h', 'cublas_v2.h', 'cusparse.h', 'cusolverDn.h'];
  for (const header of cuda) write(`nvidia/cu13/include/${header}`, '');
  if (!existsSync('/usr/include/nccl.h')) expect(findNccl(libtorch)).toBeUndefined();
  write('nvidia/nccl/include/nccl.h', '');
  expect(findNccl(libtorch)).toEqual([folder('nccl'), folder('cu13')]);
  write('toolkit/cuda_runtime_api.h', '');
  const toolkit = join(root, 'toolkit');
  expect(findNccl(libtorch, toolkit)).toEqual([folder('nccl'), toolkit, folder('cu13')]);
});

test("the system's oneDNN is not for a libtorch that was brought along", () => {
  expect(hasOnednn({ root })).toBe(false);
});
