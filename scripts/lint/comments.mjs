/** Finds doc comments that cannot be understood without the name above them. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Words that begin a fragment, such as "Of each image." or "What a step returns." */
const fragment =
  /^(?:What|How|Where|Of|That|Told|With what|On what|For what|From|By|Between|Without|In which|Its|Likewise|As|Whose)\b/;

/** Lists the fragments among the doc comments of a text, with their lines. */
export function fragmentsIn(text) {
  return [...text.matchAll(/\/\*\*([\s\S]*?)\*\//g)].flatMap(({ index, 1: comment }) => {
    const [first] = comment
      .replace(/\n\s*\*/g, ' ')
      .trim()
      .split(/(?<=[.:;])\s/);
    return fragment.test(first)
      ? [{ line: text.slice(0, index).split('\n').length, sentence: first.replace(/\s+/g, ' ') }]
      : [];
  });
}

/** Writes a sentence for each fragment in the sources that git knows. */
export function fragments(root) {
  const patterns = ['*.ts', '*.tsx', '*.mjs'];
  const files = execFileSync('git', ['ls-files', ...patterns], { cwd: root, encoding: 'utf8' });
  return files
    .trim()
    .split('\n')
    .flatMap((name) =>
      fragmentsIn(readFileSync(join(root, name), 'utf8')).map(
        ({ line, sentence }) =>
          `Expected a full sentence as the comment in ${name}:${line} but got \`${sentence}\``,
      ),
    );
}
