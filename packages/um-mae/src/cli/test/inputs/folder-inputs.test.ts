/** Folders on the file systems that people have: see docs/inputs.md. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { at } from '../../../at.js';
import { counts, InputFolder } from '../../testing/sets/input-folder.js';

const inputs = new InputFolder();
beforeAll(() => inputs.prepare());

describe('file systems', () => {
  test('have names of Latin-1, and accents in both forms', async () => {
    const latin = Buffer.concat([
      Buffer.from(inputs.path('latin/Gr')),
      Buffer.of(0xfc),
      Buffer.from('n'),
    ]);
    const old = inputs.folders('latin', ['cat', 'dog', 'fox', 'owl']);
    mkdirSync(latin);
    writeFileSync(Buffer.concat([latin, Buffer.from('/a.png')]), at(inputs.images, 0));
    writeFileSync(Buffer.concat([latin, Buffer.from('/b.png')]), at(inputs.images, 1));
    const found = await inputs.check(old);
    expect([found.unreadable, found.classes]).toEqual([[], { Grün: 2, ...counts }]);
    const composed = inputs.folders(
      'composed',
      ['été', 'dog', 'fox', 'owl'].map((one) => one.normalize('NFC')),
    );
    const apart = inputs.folders(
      'apart',
      ['été', 'dog', 'fox', 'owl'].map((one) => one.normalize('NFD')),
    );
    expect(await inputs.right(composed, apart)).toBe(1);
    const named = inputs.list(
      'accents.txt',
      (i) => `apart/${at(['été', 'dog', 'fox', 'owl'], Math.floor(i / 3))}/${i}.png`,
    );
    expect((await inputs.check(named)).images).toBe(12);
  });

  test('hold folders of servers, which are passed over, and others that are left out', async () => {
    const dirty = inputs.folders('dirty');
    for (const name of [
      '@eaDir',
      '#recycle',
      '.AppleDouble',
      'lost+found',
      '__MACOSX',
      '.Trashes',
    ]) {
      inputs.write(`dirty/${name}/cat/thumb.png`, at(inputs.images, 0));
    }
    inputs.write('dirty/cat/@eaDir/0.png/thumb.png', at(inputs.images, 0));
    inputs.write('dirty/cat/0_mask.png', at(inputs.images, 0));
    const found = await inputs.check(dirty, '--exclude', '*_mask.png');
    expect([found.images, found.classes]).toEqual([12, counts]);
    const passed = found.remarks.map(
      ({ what, count }: { what: string; count: number }) => `${what} ${count}`,
    );
    expect(passed).toContain('folders `@eaDir` of the system, passed over 2');
    expect(passed).toContain('files and folders left out by --exclude 1');
    expect(passed).toHaveLength(7);
    expect(
      await inputs.right(dirty, inputs.path('val'), '--exclude', '*_mask.png', '--exclude', 'x/**'),
    ).toBe(1);
  });

  test.each([
    ['names with letters of a set', ['{cat,dog}'], 6, []],
    ['names with a question mark', ['?.png'], 2, []],
    ['paths from the folder', ['./fox/*'], 9, []],
    ['folders with a slash behind', ['owl/'], 9, []],
    ['paths at any depth', ['**/1?.png'], 10, []],
    ['one that fits and one that does not', ['cat', 'cta'], 9, ['cta']],
    ['one that is outside', ['../val'], 12, ['../val']],
  ])('leave out by patterns: %s', async (_, patterns, left, idle) => {
    const flags = patterns.flatMap((pattern) => ['--exclude', pattern]);
    const { images: count, remarks } = await inputs.check(inputs.path('val'), ...flags);
    const unused = remarks.find(({ what }: { what: string }) => /fit nothing/.test(what));
    expect([count, unused?.examples ?? []]).toEqual([left, idle]);
  });

  test('hold two folders of one name, of which it is said, and two files of one', async () => {
    const [composed, apart] = ['é'.normalize('NFC'), 'é'.normalize('NFD')];
    for (const [i, bytes] of inputs.images.entries()) {
      inputs.write(`twice/${i % 2 ? composed : apart}/${i % 4}.png`, bytes);
    }
    inputs.write('twice/dog/0.png', at(inputs.images, 3));
    const { classes: found, remarks } = await inputs.check(inputs.path('twice'));
    expect(found).toEqual({ [composed]: 4, dog: 1 });
    expect(remarks).toMatchObject([{ what: /accents/ }]);
    const one = inputs.write(`same/${composed}.png`, at(inputs.images, 0));
    inputs.write(`same/${apart}.png`, at(inputs.images, 3));
    const names = `same/${apart}.png dog\nsame/${composed}.png cat\n`;
    expect((await inputs.check(inputs.write('same.txt', names))).images).toBe(2);
    expect(one).toContain(composed);
  });

  const program = fileURLToPath(new URL('../../../../bin/um-mae.js', import.meta.url));

  test.each([
    ['ESTALE', 116, 'not to be read (stale file handle)'],
    ['EHOSTDOWN', 112, 'not to be read (host is down)'],
    ['ENAMETOOLONG', 36, 'of a name that is too long'],
  ])('that fail with %s leave images out', (_, number, reason) => {
    const library = failingOpen();
    const args = ['data', 'check', inputs.path('val'), '--json', '--workers', '1'];
    const env = { ...process.env, LD_PRELOAD: library, FAILING: '/dog/4.png', ERRNO: `${number}` };
    const { stdout, status } = spawnSync(process.execPath, [program, ...args], { env });
    expect(status).toBe(0);
    const report = JSON.parse(`${stdout}`);
    expect(report.unreadable).toEqual([{ path: inputs.path('val/dog/4.png'), reason }]);
  });

  /** Compiles a library that lets opening of a file fail. */
  function failingOpen(): string {
    const source = inputs.write(
      'failing.c',
      `#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#define FAILING(name) int name(const char *p, int f, int m) { int (*real)(const char *, int, int) = dlsym(RTLD_NEXT, #name); \\
  if (strstr(p, getenv("FAILING"))) { errno = atoi(getenv("ERRNO")); return -1; } return real(p, f, m); }
FAILING(open)
FAILING(open64)
`,
    );
    execFileSync('cc', ['-w', '-shared', '-fPIC', source, '-o', inputs.path('failing.so'), '-ldl']);
    return inputs.path('failing.so');
  }
});
