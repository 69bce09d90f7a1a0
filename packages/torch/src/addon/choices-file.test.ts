import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Generator } from '../device/random.js';
import { randn } from '../generated/operators.js';
import { callOperator } from '../tensor/operator.js';
import type { Tensor } from '../tensor/tensor.js';
import { choicesFileOf } from './choices-file.js';
import { native } from './native.js';
import { processorIn } from './processor.js';

test('choicesFileOf names processor and libraries', () => {
  const found = processorIn(
    'vendor_id : A\ncpu family : 26\nmodel : 2\nmodel name : An EPYC (R)\n',
  );
  const file = choicesFileOf(
    {
      openblas: 'OpenBLAS 0.3.21 DYNAMIC_ARCH',
      openblasKernels: 'SkylakeX',
      onednn: '2.6.3',
      onednnInstructions: 231,
    },
    found,
  );
  expect(file).toMatch(
    /^\/dev\/null\/products\/An-EPYC-R-26-2-onednn-2\.6\.3-231-openblas-0\.3\.21-SkylakeX\.txt$/,
  );
});

describe.skipIf(native.keepChoices === undefined)('products by shape', () => {
  const folder = mkdtempSync(join(tmpdir(), 'choices-'));
  const generator = new Generator(0);
  // The rows and columns of a step; smaller ones are not measured.
  const [a, b] = [randn([520, 300], { generator }), randn([300, 400], { generator })];
  const product = (by?: string) => (callOperator('um::product', a, b, by) as Tensor).toArray();
  const keepIn = (file: string) => native.keepChoices?.(file);
  afterAll(() => {
    keepIn('/dev/null/none');
    rmSync(folder, { recursive: true });
  });

  test('are measured once, and chosen so by every process that reads the file', () => {
    const file = join(folder, 'deep', 'choices.txt');
    keepIn(file);
    const first = product();
    const line = /^f32,768,384,512,\d+threads (onednn|packed|blas)\n$/;
    const written = readFileSync(file, 'utf8');
    const [, way] = line.exec(written) ?? [];
    expect(way).toBeDefined();
    expect(product()).toEqual(first);
    expect(product(way)).toEqual(first);
    expect(readFileSync(file, 'utf8')).toBe(written);
  });

  test.each(['onednn', 'packed', 'blas'])('are those of %s where the file says so', (way) => {
    const file = join(folder, `${way}.txt`);
    const threads = native.threads();
    const kind = `f32,768,384,512,${threads}threads`;
    // Its second line is not finished; of two lines of a kind the first counts.
    const text = `${kind} ${way}\n${kind} packed\nf32,768`;
    writeFileSync(file, text);
    keepIn(file);
    expect(product()).toEqual(product(way));
    expect(native.knownChoices?.()).toBe(1);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  test('are not measured where nothing can be kept', () => {
    keepIn('/dev/null/choices.txt');
    expect(product()).toEqual(product('onednn'));
    expect(native.knownChoices?.()).toBe(0);
  });
});
