/** Choices of a user about the reading of images and their classes. */

export interface ReadingOptions {
  /** Folder that relative paths in list files begin at: the list's own unless told otherwise. */
  readonly root?: string | null | undefined;
  /**
   * The place that tells classes in tables (a column) and shards (a field of `.json`, or the ending
   * of a member). Default `label`, or the only column that the table calls one of classes; in
   * shards `.cls`.
   */
  readonly labelColumn?: string | null | undefined;
  /** A file that names the classes: see `readClassNames`. */
  readonly classNames?: string | null | undefined;
  /** Patterns of files and folders to leave out: see `excluding`. */
  readonly exclude?: readonly string[] | undefined;
  /**
   * The dot at which the key of a shard's member ends: at the first or at the last dot. By default
   * as the names are.
   */
  readonly sampleKeys?: SampleKeys | null | undefined;
}

/** Ways in which the name of a shard's member tells its sample. */
export type SampleKeys = 'first-dot' | 'last-dot';
