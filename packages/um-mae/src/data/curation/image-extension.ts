/** The extension that encoded bytes would have as a file, by how they begin. */
export function imageExtension(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.subarray(0, 16)).toString('latin1');
  return beginnings.find(([pattern]) => pattern.test(text))?.[1] ?? 'jpg';
}

/**
 * The first bytes of the image formats. Other data is called a JPEG, and decoding reports it as
 * unreadable.
 */
const beginnings: readonly (readonly [RegExp, string])[] = [
  [/^\x89PNG/, 'png'],
  [/^GIF8/, 'gif'],
  [/^BM/, 'bmp'],
  [/^RIFF[\s\S]{4}WEBP/, 'webp'],
  [/^(II\*\0|MM\0\*)/, 'tiff'],
  [/^[\s\S]{4}ftypavi[fs]/, 'avif'],
];
