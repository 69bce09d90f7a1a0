/** Names files that are taken for images and are not read, by what they begin with. */

/** A kind of file: a text at a place, and what completes the sentence "it is ...". */
type Kind = readonly [at: number, text: string, kind: string];

const notRead = 'which is not read (convert it to JPEG or PNG)';

const kinds: readonly Kind[] = [
  [0, '\xff\x0a', `a JPEG XL image, ${notRead}`],
  [4, 'JXL \r\n\x87\n', `a JPEG XL image, ${notRead}`],
  [4, 'jP  \r\n\x87\n', `a JPEG 2000 image, ${notRead}`],
  [0, '\xff\x4f\xff\x51', `a JPEG 2000 image, ${notRead}`],
  [0, 'II\xbc', `a JPEG XR image, ${notRead}`],
  [0, '8BPS', `a Photoshop file, ${notRead}`],
  [0, 'gimp xcf', `a file of GIMP, ${notRead}`],
  [0, 'v/1\x01', `an OpenEXR image of light, ${notRead}`],
  [0, '#?R', `a Radiance image of light, ${notRead}`],
  [128, 'DICM', `a DICOM file, ${notRead}`],
  [0, 'SIMPLE  =', `a FITS file, ${notRead}`],
  [0, 'FUJIFILMCCD-RAW', 'a raw file of a camera, which is not read (develop it to JPEG)'],
  [0, 'IIRO', 'a raw file of a camera, which is not read (develop it to JPEG)'],
  [0, 'IIU\0', 'a raw file of a camera, which is not read (develop it to JPEG)'],
  [4, 'ftypcrx ', 'a raw file of a camera, which is not read (develop it to JPEG)'],
  [0, '\0\0\x01\0', `an icon of Windows, ${notRead}`],
  [0, 'DDS ', `a DirectDraw surface, ${notRead}`],
  [0, '%PDF', 'a PDF document'],
  [0, '%!PS', 'a PostScript document'],
  [0, '\x1aE\xdf\xa3', 'a video'],
  [4, 'ftypisom', 'a video'],
  [4, 'ftypmp4', 'a video'],
  [4, 'ftypqt', 'a video'],
  [0, '\x89HDF', 'an HDF5 file'],
  [0, '\x93NUMPY', 'a NumPy array'],
  [0, 'PK\x03\x04', 'a zip archive'],
  [0, '\x1f\x8b', 'a gzip file'],
  [257, 'ustar', 'a tar archive'],
  [0, 'version https://git-lfs', 'a pointer of Git LFS, not the file (fetch it by git lfs pull)'],
  [0, '<!DOCTYPE', 'a web page, perhaps of a failed download'],
  [0, '<!doctype', 'a web page, perhaps of a failed download'],
  [0, '<html', 'a web page, perhaps of a failed download'],
];

/** The reason why a file that no decoder knows is not read. */
export function unknownKind(bytes: Buffer): string {
  const start = bytes.toString('latin1', 0, 512);
  const found = kinds.find(([at, text]) => start.startsWith(text, at));
  return found?.[2] ?? 'not an image of a known format';
}

/**
 * Names what sharp would draw or unpack although it has no pixels of its own, whatever it is
 * called; undefined for any other file. libvips takes a text for a drawing that has `<svg` anywhere
 * in its first thousand letters.
 */
export function drawingKind(bytes: Buffer): string | undefined {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return unknownKind(bytes);
  const text = bytes.toString('latin1', 0, 4096).replace(/^\xef\xbb\xbf/, '');
  const before = /^(.*?)<svg/is.exec(text)?.[1];
  // Other formats have bytes that are no letters at their beginning, pages of the web have a head.
  const isText = /^[\t\n\r\x20-\x7e]*$/.test(text.slice(0, 24));
  const isDrawing = before !== undefined && isText && !/<html/i.test(before);
  return isDrawing ? `an SVG drawing, ${notRead}` : undefined;
}

/** Brands of files whose pictures are compressed as HEVC. */
const heic = ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs'];

/** Brands of AVIF files. */
const avif = ['avif', 'avis'];

const advice = 'convert it to JPEG, as `heif-convert in.heic out.jpg` or a photo program does';

/**
 * The reason why a HEIF file is not read, whatever its name: photos of phones are such files;
 * undefined for any other file.
 *
 * @param hasFailed whether a decoder has tried: what may be AVIF is judged only then
 */
export function heifKind(bytes: Buffer, hasFailed: boolean): string | undefined {
  if (bytes.length < 16 || bytes.toString('latin1', 4, 8) !== 'ftyp') return undefined;
  const end = Math.min(bytes.readUInt32BE(0), bytes.length, 128);
  const brands = bytes.toString('latin1', 8, end).match(/.{4}/gs) ?? [];
  const isHeif = brands.some((brand) => heic.includes(brand) || ['mif1', 'msf1'].includes(brand));
  if (brands.some((brand) => avif.includes(brand)) || !isHeif) return undefined;
  const isSure = brands.some((brand) => heic.includes(brand));
  return isSure || hasFailed ? `a HEIC photo, which is not read here (${advice})` : undefined;
}
