/** The images that a detector does worst on, for a sheet and for whoever looks at a run later. */
import sharp from 'sharp';
import { at } from '../../../at.js';
import type { KnownImages } from '../../../data/known-images.js';
import { maskOfOutline } from '../../../data/objects/outlines/bitmap.js';
import { nameOf } from '../../../data/sources/image-set.js';
import { ImageReader } from '../../../data/sources/read-image.js';
import { compressMask } from '../../../detection/run-lengths/text.js';
import { decodeBytes } from '../../../images/decode.js';
import type { RgbImage } from '../../../images/geometry/resize.js';
import { type DrawnObject, drawObjects } from '../../../pictures/object-picture.js';
import { shrinkImage } from '../../../pictures/segmentation-picture.js';
import { verdictColours } from '../object-colours.js';
import type { DetectionResults } from '../results.js';
import type { EvaluatedImage } from './coco-scores.js';
import { agreement, agreementOf, type ComparedObjects, compareObjects } from './compare-objects.js';

const kept = 12;
/** Longer side of a picture, in pixels. */
const side = 480;

/** An image of the set, by its index. */
export interface IndexedImage extends EvaluatedImage {
  readonly index: number;
}

/** A badly detected image with its pixels, small. */
export interface WorstImage extends IndexedImage {
  readonly path: string;
  readonly compared: ComparedObjects;
  readonly picture: RgbImage;
}

/** The images of most mistakes for their objects, the worst first. */
export async function worstImages(
  all: readonly IndexedImage[],
  { images }: Pick<KnownImages, 'images'>,
  leastScore: number,
): Promise<WorstImage[]> {
  const ranked = all
    .map((image) => {
      const compared = compareObjects(image.known.objects, image.found, leastScore);
      return { image, compared, share: agreement(agreementOf(compared, image.known.objects)) };
    })
    .sort((a, b) => a.share - b.share)
    .slice(0, kept);
  const reader = new ImageReader();
  return Promise.all(
    ranked.map(async ({ image, compared }) => {
      const location = images.locate(image.index);
      const whole = await decodeBytes(await reader.read(location));
      return { ...image, compared, path: nameOf(location), picture: shrinkImage(whole, side) };
    }),
  );
}

/** The image with what is there, and with what was found. */
export async function drawWorst(image: WorstImage): Promise<RgbImage[]> {
  const { known, found, compared, picture } = image;
  const { size } = known;
  const scale = [picture.width / size.width, picture.height / size.height] as const;
  const there = known.objects.map(({ box, outline }, i): DrawnObject => {
    const isMissed = at(compared.missed, i);
    const mask = outline && maskOfOutline(outline, size);
    return { box, mask, colour: verdictColours[isMissed ? 'missed' : 'right'], isDashed: isMissed };
  });
  const seen = found.flatMap(({ box, mask }, i): DrawnObject[] => {
    const verdict = compared.verdicts[i];
    return verdict ? [{ box, mask, colour: verdictColours[verdict] }] : [];
  });
  return Promise.all([there, seen].map((objects) => drawObjects(picture, objects, { scale })));
}

/** The image as results keep it. */
export async function resultOf({
  path,
  known,
  found,
  compared,
  picture,
}: WorstImage): Promise<DetectionResults['worst'][number]> {
  const { size, objects } = known;
  const { width, height, data } = picture;
  const jpeg = await sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 85 })
    .toBuffer();
  return {
    path,
    ...size,
    picture: jpeg.toString('base64'),
    objects: objects.map(({ label, box, outline, isCrowd }, i) => ({
      label,
      box,
      mask: outline && compressMask(maskOfOutline(outline, size)),
      isCrowd,
      isMissed: at(compared.missed, i),
    })),
    found: found.map(({ label, box, mask, score }, i) => ({
      label,
      box,
      mask: mask && compressMask(mask),
      score,
      verdict: compared.verdicts[i] ?? null,
    })),
  };
}
