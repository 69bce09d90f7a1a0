/** List files: an image per line, `path` or `path label`. */
import { dirname, resolve } from 'node:path';
import { DataError } from '../../../errors.js';
import { describeFailure } from '../../../files/file-errors.js';
import { shownPath } from '../../../files/file-names.js';
import { wholeBytes } from '../../../files/whole-file.js';
import { type Exclusion, excluded } from '../../exclude.js';
import { labelText } from '../../labels/label-text.js';
import { writtenLabels } from '../../labels/source-labels.js';
import { listedFiles, withFolderClasses } from '../files.js';
import type { ImageSource } from '../image-set.js';
import { Remarks } from '../remarks.js';
import { ListedFiles } from './find-listed.js';
import { type ListColumns, listColumns, rowOf } from './list-columns.js';
import { type ListLine, parseLine } from './list-line.js';
import { decodeText } from './list-text.js';

export interface ListOptions {
  /** Folder that relative paths begin at: that of the list by default. */
  readonly root?: string | undefined;
  /** Whether folders are classes in a list where no line has a label. */
  readonly folderClasses?: boolean;
  /** The title of the column that tells classes, in a list with titles. */
  readonly labelColumn?: string | undefined;
  /** Tells which of the names in the list are left out. */
  readonly isExcluded?: Exclusion | undefined;
}

/**
 * Opens the images of a list, in its order. Empty lines and comments are passed over. A label is a
 * name, or a whole number from 0.
 *
 * @throws DataError naming the line, if one is malformed or its file is missing
 */
export async function openList(list: string, options: ListOptions = {}): Promise<ImageSource> {
  const { root = dirname(list), folderClasses = false, isExcluded = () => false } = options;
  const reader = new ListReader(list, root, options.labelColumn);
  const found = (await reader.images()).filter(({ name }) => {
    if (!isExcluded(name)) return true;
    reader.remarks.add(excluded, name);
    return false;
  });
  if (found.length === 0) {
    throw new DataError(`Expected an image on each line of ${list} but got no lines.`);
  }
  const paths = found.map(({ path }) => path);
  const images = listedFiles(
    paths,
    found.map(({ name }) => name),
  );
  const labels = found.map(({ label }) => label);
  const remarks = reader.remarks.list();
  // What could tell classes, or tells that there are none, goes before folders.
  const isUnlabelled =
    labels.every((label) => label === undefined) &&
    !remarks.some(({ aboutClasses }) => aboutClasses);
  if (folderClasses && isUnlabelled) return { ...withFolderClasses(images, paths), remarks };
  return { images, labels: writtenLabels(labels), remarks };
}

/** An image that a list names. */
interface ListedImage {
  readonly name: string;
  readonly path: string;
  readonly label: string | undefined;
}

/** Reads one list, and keeps in mind what is unusual about it. */
class ListReader {
  readonly remarks = new Remarks();
  private readonly files = new ListedFiles();
  private columns: ListColumns | undefined;

  constructor(
    private readonly list: string,
    private readonly root: string,
    private readonly labelColumn: string | undefined,
  ) {}

  async images(): Promise<ListedImage[]> {
    const { list, remarks } = this;
    const bytes = wholeBytes(list, { as: DataError });
    const { text, encoding } = decodeText(bytes);
    if (encoding === 'UTF-32') {
      throw new DataError(`Expected a list in UTF-8 or UTF-16 in ${list} but got UTF-32.`);
    }
    if (encoding !== undefined) remarks.add(`lists in ${encoding}`, list);
    const lines = text.split(/\r\n|\n|\r/).map((line) => line.trim());
    const first = lines.filter((line) => line !== '' && !line.startsWith('#')).slice(0, 2);
    this.columns = listColumns(first, this.labelColumn, list);
    const title = this.columns ? lines.indexOf(first[0] ?? '') : -1;
    for (const other of this.columns?.others ?? []) {
      remarks.addOnClasses(
        'columns that could tell classes, of which --label-column chooses one',
        `\`${other}\``,
      );
    }
    return lines.flatMap((line, index) =>
      line === '' || index === title ? [] : (this.imageOf(line, index) ?? []),
    );
  }

  /** Undefined for a comment, and for the titles of columns. */
  private imageOf(line: string, index: number): ListedImage | undefined {
    const where = `line ${index + 1} of ${this.list}`;
    const parsed = this.columns ? rowOf(line, this.columns) : parseLine(line);
    const path = parsed && this.find(parsed.name);
    if (parsed && path !== undefined) return this.listed(parsed, { path, where });
    // A file may be called `#1.jpg`.
    if (line.startsWith('#')) {
      this.remarks.add('lines of comment, passed over', where);
      return undefined;
    }
    if (index === 0 && isTitle(line)) {
      this.remarks.add('lines of titles, passed over', where);
      return undefined;
    }
    if (!parsed) throw malformed(line, where);
    throw new DataError(
      `Expected the image of ${where}${this.oddities(parsed)} at \`${shownPath(resolve(this.root, parsed.name))}\` but got nothing there.\n` +
        `Relative paths start at ${this.root}; --data-root sets another folder.`,
    );
  }

  /**
   * A name that stands in quotes may have them itself, and a line without a label may end like one.
   */
  private find(name: string): string | undefined {
    const path = resolve(this.root, name);
    const access = { verb: 'read', path: shownPath(path), as: DataError } as const;
    return describeFailure(access, () => this.files.find(path));
  }

  private listed(line: ListLine, found: { path: string; where: string }): ListedImage {
    const { name, label, isQuoted } = line;
    if (isQuoted) this.remarks.add('lines with quotes, read without them', found.where);
    const text = label === undefined ? undefined : labelText(label, found.where, this.remarks);
    return { name, path: found.path, label: text };
  }

  /** Lists the unusual things about the list that may be why a file is not found. */
  private oddities({ isQuoted }: ListLine): string {
    const hints = [
      ...(this.remarks.count('lists in UTF-16') > 0 ? ['read as UTF-16'] : []),
      ...(isQuoted ? ['without its quotes'] : []),
      ...(this.remarks.count('lines of comment, passed over') > 0 ? ['after a comment'] : []),
    ];
    return hints.length === 0 ? '' : ` (${hints.join(', ')})`;
  }
}

/** Tells whether a line has the titles of columns, such as `path,label`. */
function isTitle(line: string): boolean {
  return /^["']?(path|file|filename|file_name|image|image_path|img|name)["']?([\s,;].*)?$/i.test(
    line,
  );
}

function malformed(line: string, where: string): DataError {
  const shown = line.length > 100 ? `${line.slice(0, 100)}...` : line;
  return new DataError(
    `Expected \`path\` or \`path label\`, an image and a name or a whole number, on ${where} but got ${JSON.stringify(shown)}.`,
  );
}
