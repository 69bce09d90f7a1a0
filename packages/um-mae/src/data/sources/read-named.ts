/** An image by the name that `nameOf` gave it. */
import { existsSync } from 'node:fs';
import { UnreadableImage } from '../../images/unreadable-image.js';
import type { ImageLocation, ImageSet } from './image-set.js';
import { openParquet } from './parquet.js';
import { ImageReader } from './read-image.js';
import { openShard } from './tar-shard.js';

/**
 * The encoded bytes of the image.
 *
 * @throws UnreadableImage when it is no longer there
 */
export async function readNamed(name: string): Promise<Buffer> {
  return new ImageReader().read(await locateNamed(name));
}

async function locateNamed(name: string): Promise<ImageLocation> {
  const file: ImageLocation = { kind: 'file', path: name };
  if (existsSync(name)) return file;
  const [, archive = '', member = ''] = /^(.*?\.tar)\/(.*)$/.exec(name) ?? [];
  if (existsSync(archive)) return memberOf((await openShard(archive)).images, member);
  const [, table = '', row = ''] = /^(.*\.parquet)\/(\d+)$/.exec(name) ?? [];
  return existsSync(table) ? (await openParquet(table)).images.locate(Number(row)) : file;
}

function memberOf(images: ImageSet, name: string): ImageLocation {
  for (let index = 0; index < images.count; index++) {
    const location = images.locate(index);
    if (location.kind === 'member' && location.name === name) return location;
  }
  throw new UnreadableImage('no longer in its archive');
}
