import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tarEnd, tarHeader, tarPadding } from '../../curation/tar-writer.js';
import { tarMembers } from './tar.js';
import { TarFile } from './tar-file.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'um-mae-tar-'));
});
afterAll(() => rm(folder, { recursive: true }));

function members(path: string) {
  const file = new TarFile(path);
  try {
    return [...tarMembers(file)];
  } finally {
    file.close();
  }
}

function write(name: string, ...parts: readonly Uint8Array[]): string {
  const path = join(folder, name);
  writeFileSync(path, Buffer.concat(parts));
  return path;
}

/** A member, whose header may be changed before its checksum is set again. */
function member(name: string, content: string, change: (header: Buffer) => void = () => {}) {
  const bytes = Buffer.from(content);
  const header = tarHeader(name, bytes.length);
  change(header);
  header.write(' '.repeat(8), 148);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return Buffer.concat([header, bytes, tarPadding(bytes.length)]);
}

const ofType = (type: string) => (header: Buffer) => void header.write(type, 156);

describe('tarMembers', () => {
  test.each(['ustar', 'gnu', 'posix', 'v7'])('reads what tar writes as %s', (format) => {
    const source = join(folder, format);
    const [short, long] = [
      'a/b.jpg',
      `${'deep/'.repeat(16)}${'long'.repeat(format === 'v7' ? 1 : 12)}.jpg`,
    ];
    for (const name of [short, long]) {
      mkdirSync(join(source, name, '..'), { recursive: true });
      writeFileSync(join(source, name), name);
    }
    symlinkSync('b.jpg', join(source, 'a/link.jpg'));
    const archive = join(folder, `${format}.tar`);
    execFileSync('tar', [
      '--sort=name',
      `--format=${format}`,
      '-cf',
      archive,
      '-C',
      source,
      'a',
      'deep',
    ]);
    const content = execFileSync('cat', [archive]);
    const found = members(archive);
    expect(found.map(({ name }) => name)).toEqual([short, long]);
    for (const { name, offset, bytes } of found) {
      expect(content.toString('utf8', offset, offset + bytes)).toBe(name);
    }
  });

  test('passes over what is no regular file, and keeps names as they are', () => {
    const path = write(
      'types.tar',
      ...['1', '2', '3', '4', '5', '6', 'S', 'g', 'K'].map((type) =>
        member('x.jpg', '', ofType(type)),
      ),
      member('GNU.sparse', '22 GNU.sparse.major=1\n', ofType('x')),
      member('sparse.jpg', 'map'),
      member('../../etc/up.jpg', 'up'),
      member('/root.jpg', 'root'),
      member('old.jpg', 'old', (header) => void header.fill(0, 156, 157)),
      tarEnd,
    );
    expect(members(path).map(({ name }) => name)).toEqual([
      '../../etc/up.jpg',
      '/root.jpg',
      'old.jpg',
    ]);
  });

  test('reads sizes beyond octal digits', () => {
    const path = write(
      'large.tar',
      member('a.jpg', 'four', (header) => {
        header.fill(0, 124, 136);
        header[124] = 0x80;
        header[135] = 4;
      }),
      tarEnd,
    );
    expect(members(path)).toEqual([{ name: 'a.jpg', offset: 512, bytes: 4 }]);
  });

  test('reads back the names that it writes', () => {
    const names = [
      'a.jpg',
      'größe.jpg',
      'ü'.repeat(45),
      'x'.repeat(95),
      'y'.repeat(1000),
      'z'.repeat(100),
    ];
    const path = write('names.tar', ...names.flatMap((name) => [tarHeader(name, 0)]), tarEnd);
    expect(members(path).map(({ name }) => name)).toEqual(names);
    const listed = execFileSync('tar', ['--quoting-style=literal', '-tf', path]).toString();
    expect(listed.trimEnd().split('\n')).toEqual(names);
  });

  test('refuses an archive that is cut off anywhere', () => {
    const whole = Buffer.concat([member('a.jpg', 'a'), member('b.jpg', 'b'.repeat(600)), tarEnd]);
    for (const length of [0, 100, 512, 600, 1024, 1500, 1536, 2000, 2559, 2560, 2600]) {
      const path = write('cut.tar', whole);
      truncateSync(path, length);
      expect(() => members(path), String(length)).toThrow(
        `Expected a whole tar archive in ${path} but got one that ends after ${length} bytes`,
      );
    }
  });

  test('refuses what is no archive, and hostile sizes', () => {
    const other = write('other.tar', Buffer.alloc(2048, 'gz'));
    expect(() => members(other)).toThrow('Expected a header of a tar archive at byte 0');
    const far = write(
      'far.tar',
      member('a.jpg', '', (header) => void header.write('77777777777', 124)),
      tarEnd,
    );
    expect(() => members(far)).toThrow('in the middle of "a.jpg"');
    const back = write(
      'back.tar',
      member('p', '14 size=-1024\n', ofType('x')),
      member('a.jpg', ''),
      tarEnd,
    );
    expect(() => members(back)).toThrow('in the middle of "a.jpg"');
    const huge = write('huge.tar', member('p', 'x'.repeat(2 ** 20 + 1), ofType('L')), tarEnd);
    expect(() => members(huge)).toThrow('Expected names of at most 1048576 bytes');
  });
});
