/** Files that are almost those of a corpus. */

const bytes = [0, 1, 0x20, 0x22, 0x2d, 0x3a, 0x3c, 0x5b, 0x7b, 0x7f, 0x80, 0xff];
const words = [0, 1, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];
const numbers = ['0', '-1', '1e999', '4294967296', '9007199254740993', '0.5', 'null', 'NaN', '""'];

/**
 * A changed copy of a file.
 *
 * @param entry draws a file of the corpus
 * @param random draws from [0, 1)
 */
export function mutate(entry, random) {
  const draw = (count) => Math.floor(random() * count);
  const any = (list) => list[draw(list.length)];
  let content = Buffer.from(entry());
  for (let changes = 1 + draw(4); changes > 0; changes--) {
    content = any(changesOf)(content, { draw, any, entry });
  }
  return content.subarray(0, largest);
}

/** Larger files are read slower, and seldom otherwise. */
const largest = 2 ** 17;

const changesOf = [
  (content, { draw }) => changed(content, draw, (value) => value ^ (1 << draw(8))),
  (content, { draw, any }) => changed(content, draw, () => any(bytes)),
  (content, { draw }) => changed(content, draw, () => draw(256)),
  (content, { draw, any }) => {
    if (content.length < 8) return content;
    const value = any(words);
    const at = draw(content.length - 3);
    if (draw(2) === 0) content.writeUInt32LE(value, at);
    else content.writeUInt32BE(value, at);
    return content;
  },
  // A number in digits becomes another.
  (content, { any }) => {
    const text = content.toString('latin1');
    const found = [...text.matchAll(/\d+/g)];
    if (found.length === 0) return content;
    const { index, 0: digits } = any(found);
    return splice(content, index, digits.length, Buffer.from(any(numbers)));
  },
  (content, { draw }) => content.subarray(0, draw(content.length + 1)),
  (content, { draw }) => splice(content, draw(content.length + 1), 1 + draw(16), Buffer.alloc(0)),
  (content, { draw }) => {
    const at = draw(content.length + 1);
    return splice(content, at, 0, content.subarray(at, at + 1 + draw(64)));
  },
  // A few bytes over and over again: depth, counts and lengths.
  (content, { draw }) => {
    const at = draw(content.length + 1);
    const piece = content.subarray(at, at + 1 + draw(8));
    const times = 2 ** (1 + draw(draw(8) === 0 ? 13 : 8));
    return splice(content, at, 0, Buffer.concat(Array(times).fill(piece)));
  },
  (content, { draw, entry }) => {
    const other = entry();
    const from = draw(other.length + 1);
    const piece = other.subarray(from, from + 1 + draw(256));
    return splice(content, draw(content.length + 1), draw(2) * piece.length, piece);
  },
];

function changed(content, draw, change) {
  if (content.length === 0) return content;
  const at = draw(content.length);
  content[at] = change(content[at]);
  return content;
}

function splice(content, at, removed, added) {
  return Buffer.concat([content.subarray(0, at), added, content.subarray(at + removed)]);
}
