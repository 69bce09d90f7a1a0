import { replaceFile } from '@um-mae/torch/files';

/** Replaces a file of a run. */
export function replaceText(path: string, text: string): void {
  replaceFile(path, (append) => append(new TextEncoder().encode(text)));
}
