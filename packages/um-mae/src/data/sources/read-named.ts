/** An image by the name that `nameOf` gave it. */
import { existsSync, statSync } from 'node:fs';
import { systemPath, unshownPath } from '../../files/file-names.js';
import { UnreadableImage } from '../../images/unreadable-image.js';
import type { ImageLocation } from './image-set.js';
import { ImageReader } from './read-image.js';
import { tarMembers } from './tar/tar.js';
import { TarFile } from './tar/tar-file.js';
import { printable } from './tar/tar-index.js';

/**
 * The encoded bytes of the image.
 *
 * @throws UnreadableImage when it is no longer there
 */
export async function readNamed(name: string): Promise<Buffer> {
  return new ImageReader().read(await locateNamed(name));
}

async function locateNamed(name: string): Promise<ImageLocation> {
  const path = existsSync(name) ? name : unshownPath(name);
  const file: ImageLocation = { kind: 'file', path };
  if (existsSync(systemPath(path))) return file;
  for (const { index = 0 } of name.matchAll(/\.tar(?=\/)/gi)) {
    const end = index + '.tar'.length;
    const archive = unshownPath(name.slice(0, end));
    if (isFile(archive)) return memberOf(archive, name.slice(end + 1));
  }
  const [, table = '', row = ''] = /^(.*\.parquet)\/(\d+)$/i.exec(name) ?? [];
  if (!existsSync(table)) return file;
  const { openParquet } = await import('./parquet/parquet.js');
  return (await openParquet(table)).images.locate(Number(row));
}

function isFile(path: string): boolean {
  return statSync(systemPath(path), { throwIfNoEntry: false })?.isFile() ?? false;
}

/** The member of a shard, whichever way its keys are read. */
async function memberOf(path: string, name: string): Promise<ImageLocation> {
  const file = new TarFile(path);
  try {
    for (const member of tarMembers(file)) {
      if (printable(member.name) === name) return { kind: 'member', path, ...member };
    }
  } finally {
    file.close();
  }
  throw new UnreadableImage('no longer in its archive');
}
