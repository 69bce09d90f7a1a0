/**
 * Tar shards in which the members of one key are an image and its mask, as WebDataset writes them.
 */
import { createHash } from 'node:crypto';
import { dirname, extname } from 'node:path';
import { DataError } from '../../../errors.js';
import { isImageName } from '../../image-files.js';
import type { ImageLocation } from '../../sources/image-set.js';
import { type TarMember, tarMembers } from '../../sources/tar/tar.js';
import { TarFile } from '../../sources/tar/tar-file.js';
import type { PairedImages } from '../paired-images.js';

/** A place in an archive. */
type Member = Extract<ImageLocation, { kind: 'member' }>;

/**
 * The pairs of all shards, in their order.
 *
 * @param path the name of the shards in messages
 * @throws DataError when a shard is damaged, or no image has a mask
 */
export function openPairShards(path: string, shards: readonly string[]): PairedImages {
  const pairs: { image: Member; mask: Member }[] = [];
  const imagesAlone: string[] = [];
  const masksAlone: string[] = [];
  for (const shard of shards) {
    for (const { image, mask } of groupsOf(shard)) {
      if (image && mask) pairs.push({ image, mask });
      else if (image) imagesAlone.push(`${shard}/${image.name}`);
      else if (mask) masksAlone.push(`${shard}/${mask.name}`);
    }
  }
  if (pairs.length === 0) {
    throw new DataError(
      `Expected images with masks in ${path}, such as 0001.jpg and 0001.png or 0001.seg.png, but got ${imagesAlone.length} images without.`,
    );
  }
  const digest = createHash('sha256');
  for (const { image } of pairs) digest.update(`${image.name}\0${image.bytes}\0`);
  return {
    path,
    title: shards.length === 1 ? 'a tar shard' : `${shards.length} tar shards`,
    part: undefined,
    known: undefined,
    images: {
      count: pairs.length,
      digest: digest.digest('hex'),
      locate: (index) => pairs[index]?.image as Member,
    },
    maskOf: (index) => pairs[index]?.mask as Member,
    imagesAlone,
    masksAlone,
    missing: [],
    ignored: 0,
    folders: [...new Set(shards.map((shard) => dirname(shard)))],
  };
}

/** Endings of members that are masks, before the extension. */
const maskEnding = /\.(seg|segmentation|mask|label|labels|annotation|gt|seg_class)\.\w+$/i;

function* groupsOf(shard: string): Generator<{ image?: Member; mask?: Member }> {
  const file = new TarFile(shard);
  try {
    let key = '';
    let group: Member[] = [];
    for (const member of tarMembers(file)) {
      if (!isImageName(member.name)) continue;
      if (keyOf(member) !== key) {
        if (group.length > 0) yield partnersOf(group);
        group = [];
        key = keyOf(member);
      }
      group.push({ kind: 'member', path: shard, ...member });
    }
    if (group.length > 0) yield partnersOf(group);
  } finally {
    file.close();
  }
}

/** The path up to the first dot of the file's name. */
function keyOf({ name }: TarMember): string {
  const dot = name.indexOf('.', name.lastIndexOf('/') + 2);
  return dot < 0 ? name : name.slice(0, dot);
}

/** Beside `a.jpg`, the mask is `a.seg.png` or the like, or else `a.png`. */
function partnersOf(group: readonly Member[]): { image?: Member; mask?: Member } {
  const marked = group.find(({ name }) => maskEnding.test(name));
  const others = group.filter((member) => member !== marked);
  const isPng = ({ name }: Member) => extname(name).toLowerCase() === '.png';
  const image = others.find((member) => !isPng(member)) ?? others[0];
  const mask = marked ?? others.find((member) => member !== image && isPng(member));
  return { ...(image && { image }), ...(mask && { mask }) };
}
