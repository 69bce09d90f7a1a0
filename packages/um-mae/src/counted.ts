/** "1 image", "2 images", "1,000 classes". @param nouns the plural. Default: the noun and an s. */
export function counted(value: number, noun: string, nouns = `${noun}s`): string {
  return `${value.toLocaleString('en')} ${value === 1 ? noun : nouns}`;
}
