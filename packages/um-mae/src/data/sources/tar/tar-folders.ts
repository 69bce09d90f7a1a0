/** Folders in archives as classes, where nothing else in the archives tells any. */
import { basename } from 'node:path';
import { readableName } from '../../../files/file-names.js';
import { nameLabels } from '../../labels/source-labels.js';
import type { ImageSource } from '../image-set.js';
import { joinRemarks } from '../remarks.js';

/** A shard and what was found in it. */
export interface OpenedShard {
  readonly path: string;
  readonly source: ImageSource;
}

/**
 * Gives images the folders that they lie in as classes: where all images of all shards lie in
 * `CLASS/` or `folder/CLASS/`, in two classes at least, and nothing beside them could tell a class.
 *
 * @returns the same shards in any other layout
 */
export function withFolders(shards: readonly OpenedShard[]): readonly OpenedShard[] {
  const hasOthers = ({ source: { labels, remarks } }: OpenedShard) =>
    labels.words.length > 0 || remarks.some(({ aboutClasses }) => aboutClasses);
  if (shards.length === 0 || shards.some(hasOthers)) return shards;
  const folders = new Set<string>();
  for (const { source } of shards) {
    for (let index = 0; index < source.images.count; index++) {
      const folder = folderOf(source, index);
      if (folder === undefined) return shards;
      folders.add(folder);
    }
  }
  const parents = new Set([...folders].map((folder) => folder.replace(/[^/]+$/, '')));
  return folders.size > 1 && parents.size === 1 ? shards.map(withOwnFolders) : shards;
}

function withOwnFolders({ path, source }: OpenedShard): OpenedShard {
  const { images, remarks } = source;
  const names = Array.from({ length: images.count }, (_, index) =>
    readableName(basename(folderOf(source, index) ?? '')),
  );
  const what = 'archives whose folders are the classes';
  const remark = { what, count: 1, examples: [basename(path)] };
  const joined = joinRemarks([remarks, [remark]]);
  return { path, source: { images, labels: nameLabels(names), remarks: joined } };
}

/** The folder of an image in its archive, undefined for one that lies in none. */
function folderOf({ images }: ImageSource, index: number): string | undefined {
  const location = images.locate(index);
  const name = location.kind === 'member' ? location.name.replace(/^(\.?\/)+/, '') : '';
  const end = name.lastIndexOf('/');
  return end > 0 ? name.slice(0, end) : undefined;
}
