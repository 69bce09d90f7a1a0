/** Names of values of recipes and environments, as words. */

/** `learningRate.peak` as "Learning rate peak". */
export function wordsOf(path: string): string {
  const words = path
    .split('.')
    .map((name) =>
      name.replace(/([a-z0-9])([A-Z])/g, (_, end, start) => `${end} ${start.toLowerCase()}`),
    )
    .join(' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The task of a run: "um-mae pre-training" or "classification". */
export function taskWords(run: {
  readonly command: string | null;
  readonly task: string | null;
  readonly method: string;
}): string {
  return run.command === 'pretrain' ? `${run.method} pre-training` : (run.task ?? '');
}
