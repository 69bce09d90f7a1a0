/** Members of a tar archive as ustar writes them, with a pax header where a name does not fit. */

const block = 512;
const largestUstar = 8 ** 11 - 1;

/** All that stands in an archive before the bytes of a regular file. */
export function tarHeader(name: string, bytes: number): Buffer {
  const isPlain = /^[\x20-\x7e]{1,100}$/.test(name) && bytes <= largestUstar;
  if (isPlain) return ustarHeader(name, bytes, '0');
  const records = Buffer.from(paxRecord('path', name) + paxRecord('size', String(bytes)));
  return Buffer.concat([
    ustarHeader('pax-header', records.length, 'x'),
    records,
    tarPadding(records.length),
    ustarHeader('long-name', Math.min(bytes, largestUstar), '0'),
  ]);
}

/** Returns the zeros that fill the last block of a file of this length. */
export function tarPadding(bytes: number): Buffer {
  return Buffer.alloc((block - (bytes % block)) % block);
}

/** The mark at the end of an archive. */
export const tarEnd: Uint8Array = Buffer.alloc(2 * block);

/** Owner, time and permissions are the same everywhere, so equal images make equal archives. */
function ustarHeader(name: string, bytes: number, type: string): Buffer {
  const header = Buffer.alloc(block);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, '0');
  header.write(name, 0, 'ascii');
  header.write(octal(0o644, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(bytes, 11), 124);
  header.write(octal(0, 11), 136);
  header.write(' '.repeat(8), 148);
  header.write(type, 156);
  header.write('ustar\x0000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)}\0 `, 148, 'latin1');
  return header;
}

/** `length key=value\n`; the length counts its own digits. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  let length = bytes + String(bytes).length;
  // Its digits may have carried it over a power of ten.
  length = bytes + String(length).length;
  return `${length}${rest}`;
}
