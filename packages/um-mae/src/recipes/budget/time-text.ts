/** Times as people write them: `90s`, `30m`, `1h30m`. */

/** A year; a typing error is likelier than a longer run. */
const mostSeconds = 365 * 24 * 3600;

/** The seconds of a time such as `90s`, `30m`, `2h` or `1h30m`; undefined for anything else. */
export function secondsOf(text: string): number | undefined {
  const [, hours = 0, minutes = 0, seconds = 0] =
    /^(?=\d)(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text) ?? [];
  const total = 3600 * Number(hours) + 60 * Number(minutes) + Number(seconds);
  return total > 0 && total <= mostSeconds ? total : undefined;
}

/** A time as `secondsOf` reads it, in whole seconds. */
export function timeText(seconds: number): string {
  const whole = Math.ceil(seconds);
  const parts = [
    [Math.floor(whole / 3600), 'h'],
    [Math.floor(whole / 60) % 60, 'm'],
    [whole % 60, 's'],
  ] as const;
  const text = parts.map(([count, unit]) => (count > 0 ? `${count}${unit}` : '')).join('');
  return text === '' ? '0s' : text;
}
