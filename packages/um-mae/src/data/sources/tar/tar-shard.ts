/** The images of one tar archive, such as a WebDataset shard. */
import { createHash } from 'node:crypto';
import { at } from '../../../at.js';
import { type Exclusion, excluded } from '../../exclude.js';
import type { SourceLabels } from '../../labels/source-labels.js';
import { type ImageSet, type ImageSource, nameOf } from '../image-set.js';
import { joinRemarks, Remarks } from '../remarks.js';
import { tarIndex } from './tar-index.js';
import type { TarIndex } from './tar-index-bytes.js';
import type { ShardOptions } from './tar-samples.js';

/** Options of a shard, and the names in it that are left out. */
interface OpenShardOptions extends ShardOptions {
  readonly isExcluded?: Exclusion | undefined;
  /** The index of the shard, where it is known. */
  readonly index?: TarIndex | undefined;
}

/** @throws DataError when the archive is truncated or none at all */
export async function openShard(
  path: string,
  { isExcluded, index: known, ...options }: OpenShardOptions = {},
): Promise<ImageSource> {
  const index = known ?? (await tarIndex(path, options));
  const { offsets, sizes, nameEnds, names, remarks, ...written } = index;
  const digest = createHash('sha256').update(names).update(sizes);
  const text = new TextDecoder();
  const nameAt = (index: number) =>
    text.decode(names.subarray(index === 0 ? 0 : nameEnds[index - 1], nameEnds[index]));
  const images: ImageSet = {
    count: offsets.length,
    digest: digest.digest('hex'),
    locate: (index) => ({
      kind: 'member',
      path,
      name: nameAt(index),
      offset: offsets[index] as number,
      bytes: sizes[index] as number,
    }),
  };
  const source = { images, labels: labelsOf(written), remarks };
  return isExcluded ? without(source, (index) => isExcluded(nameAt(index))) : source;
}

/** Leaves images out; where there are none to leave out, the source is the same. */
function without(source: ImageSource, isLeftOut: (index: number) => boolean): ImageSource {
  const { images, labels } = source;
  const all = Array.from({ length: images.count }, (_, index) => index);
  const kept = all.filter((index) => !isLeftOut(index));
  if (kept.length === all.length) return source;
  const remarks = new Remarks();
  for (const index of all) {
    if (isLeftOut(index)) remarks.add(excluded, nameOf(images.locate(index)));
  }
  const digest = createHash('sha256').update(images.digest).update(kept.join());
  return {
    images: {
      count: kept.length,
      digest: digest.digest('hex'),
      locate: (index) => images.locate(at(kept, index)),
    },
    labels: { ...labels, wordOf: (index) => labels.wordOf(at(kept, index)) },
    remarks: joinRemarks([source.remarks, remarks.list()]),
  };
}

function labelsOf({
  labels,
  words,
}: {
  readonly labels: Int32Array;
  readonly words: readonly string[];
}): SourceLabels {
  const wordOf = (index: number) => {
    const place = at(labels, index);
    return place < 0 ? undefined : place;
  };
  return { words, wordOf, kind: 'written' };
}
