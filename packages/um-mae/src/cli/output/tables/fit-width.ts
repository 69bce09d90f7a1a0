/** Lines of text that fit the width of a terminal. */

/**
 * Breaks long lines between words, or between parts where two spaces separate some; what follows a
 * break is indented. Lines that are indented themselves stay whole: commands and paths, that someone
 * may copy.
 */
export function fitWidth(text: string, width: number): string {
  return text
    .split('\n')
    .map((line) => (line.length <= width || line.startsWith(' ') ? line : broken(line, width)))
    .join('\n');
}

function broken(line: string, width: number): string {
  const lines: string[] = [];
  let last = '';
  const separator = line.includes('  ') ? /(?<= {2})(?=\S)/ : /(?<= )/;
  for (const unit of line.split(separator)) {
    if (last.trim() !== '' && (last + unit.trimEnd()).length > width) {
      lines.push(last.trimEnd());
      last = '  ';
    }
    last += unit;
  }
  return [...lines, last].join('\n');
}
