/** All files of a drop: those of folders, too, in the order of their names. */
export async function droppedFiles(transfer: DataTransfer): Promise<File[]> {
  // Entries are there only until the event ends, so all are taken before anything is waited for.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry());
  const files = [...transfer.files];
  if (!entries.some((entry) => entry?.isDirectory)) return files;
  const found = await Promise.all(entries.map((entry) => (entry ? filesOf(entry) : [])));
  return found.flat();
}

async function filesOf(entry: FileSystemEntry): Promise<File[]> {
  if (entry.name.startsWith('.')) return [];
  if (isFile(entry)) return [await new Promise<File>((found, failed) => entry.file(found, failed))];
  const entries = await entriesOf(entry as FileSystemDirectoryEntry);
  entries.sort((a, b) => a.name.localeCompare(b.name));
  return (await Promise.all(entries.map(filesOf))).flat();
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

/** A reader gives some at a time, and none at the end. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((found, failed) =>
      reader.readEntries(found, failed),
    );
    if (some.length === 0) return all;
    all.push(...some);
  }
}
