/** Folders that file servers, operating systems and editors put among a user's own. */

const names: readonly string[] = [
  // Synology and QNAP: thumbnails, bins, snapshots.
  ...['@eaDir', '#recycle', '#snapshot', '@tmp', '@Recycle', '@Recently-Snapshot', '.@__thumb'],
  ...['.AppleDouble', '.AppleDB', '.AppleDesktop', '__MACOSX', '.Trashes', '.TemporaryItems'],
  ...['.Spotlight-V100', '.fseventsd', '.DocumentRevisions-V100', 'Network Trash Folder'],
  ...['Temporary Items', '$RECYCLE.BIN', 'RECYCLER', 'System Volume Information'],
  ...['lost+found', '.snapshot', '.snapshots', '.zfs', '.thumbnails', '.ipynb_checkpoints'],
];

const known = new Set(names.map((name) => name.toLowerCase()));

/**
 * Whether a folder of this name holds what a system keeps there, and no images that a user put
 * there.
 */
export function isSystemFolder(name: string): boolean {
  return known.has(name.toLowerCase()) || /^\.Trash-\d+$/.test(name);
}

/** Whether a path leads through a folder of a system. */
export function isInSystemFolder(path: string): boolean {
  return path.split('/').slice(0, -1).some(isSystemFolder);
}
