/** The class of an image in a tar shard, from the members beside it. */
import type { TarFile, TarMember } from './tar.js';

/** Descriptions are shorter; a longer one is not read. */
const longestJson = 1 << 20;

/**
 * The whole number in `.cls`, or that called `label` in `.json`; -1 when neither has one.
 *
 * @param group the members of one key
 */
export function tarLabel(file: TarFile, group: readonly TarMember[]): number {
  const find = (ending: string) => group.find(({ name }) => name.endsWith(ending));
  const plain = find('.cls');
  if (plain) return numberIn(textOf(file, plain, 16).trim());
  const described = find('.json');
  if (!described || described.bytes > longestJson) return -1;
  return numberIn(labelIn(textOf(file, described, longestJson)));
}

function textOf(file: TarFile, { offset, bytes }: TarMember, longest: number): string {
  return file.read(offset, Math.min(bytes, longest)).toString();
}

function numberIn(text: string): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : -1;
}

/** Empty when the text is no JSON, or has no label. */
function labelIn(text: string): string {
  try {
    const description: unknown = JSON.parse(text);
    if (typeof description !== 'object' || description === null) return '';
    return 'label' in description ? String(description.label) : '';
  } catch {
    return '';
  }
}
