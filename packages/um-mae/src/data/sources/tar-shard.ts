/** The images of one tar archive, such as a WebDataset shard. */
import { createHash } from 'node:crypto';
import type { ImageSource } from './image-set.js';
import { tarIndex } from './tar-index.js';

/** @throws DataError when the archive is truncated or none at all */
export async function openShard(path: string): Promise<ImageSource> {
  const { offsets, sizes, labels, nameEnds, names } = await tarIndex(path);
  const digest = createHash('sha256').update(names).update(sizes);
  const text = new TextDecoder();
  return {
    images: {
      count: offsets.length,
      digest: digest.digest('hex'),
      locate: (index) => ({
        kind: 'member',
        path,
        name: text.decode(names.subarray(index === 0 ? 0 : nameEnds[index - 1], nameEnds[index])),
        offset: offsets[index] as number,
        bytes: sizes[index] as number,
      }),
    },
    labelOf: (index) => (labels[index] === -1 ? undefined : labels[index]),
    classes: [],
  };
}
