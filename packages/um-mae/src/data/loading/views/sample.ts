/** An image, and whatever is known of its pixels, by one geometry. */
import { distortColours } from '../../../images/augmentation/photometric.js';
import { applyOperations } from '../../../images/augmentation/rand-augment.js';
import { decodeBytes } from '../../../images/decode.js';
import { decodeJpegRegion, jpegSize } from '../../../images/formats/jpeg-region.js';
import type { Geometry } from '../../../images/geometry/geometry.js';
import type { RgbImage, Size } from '../../../images/geometry/resize.js';
import { showSteps } from '../../../images/geometry/steps.js';
import { type ClassMap, sampleClassMap } from '../../../images/masks/class-map.js';
import { decodeMask } from '../../../images/masks/mask.js';
import { UnreadableImage } from '../../../images/unreadable-image.js';
import { moveObjects, type ObjectImage } from '../../objects/insta-boost/insta-boost.js';
import type { ObjectsOfImage } from '../../objects/known-objects.js';
import { type SampleObjects, sampleObjects } from '../../objects/sample-objects.js';
import { type ClassTable, classMapOf } from '../../segmentation/classes/class-table.js';
import { padClassMap, padPixels } from './pad.js';
import { nearestRule } from './scaled-crop.js';
import type { Transform, View } from './transform.js';

/** An image as it is shown, and how it came to be. */
export interface Sample {
  /** [height, width, 3] */
  readonly pixels: Uint8Array;
  /** The class of every pixel, [height, width]; undefined where there is no mask. */
  readonly classMap: Int32Array | undefined;
  /** The objects that it shows; undefined where none are wanted. */
  readonly objects: SampleObjects | undefined;
  readonly geometry: Geometry;
}

/** The bytes of an image, and of its mask where it has one, and the objects of it. */
export interface EncodedSample {
  readonly image: Buffer;
  readonly mask: Buffer | undefined;
  readonly objects: ObjectsOfImage | undefined;
}

/** The part of objects that samples get. */
export interface WantedObjects {
  /** Whether they get masks. */
  readonly masks: boolean;
}

/** The reading of samples, alike for all of a set. */
export interface SampleOptions {
  readonly transform: Transform;
  readonly output: Size;
  readonly upright: boolean;
  readonly classTable: ClassTable | undefined;
  readonly wanted: WantedObjects | undefined;
}

/** Chooses the view of an image by its size, and by the classes of its pixels. */
type Viewer = (image: Size, classMap: ClassMap | undefined) => View;

/**
 * A scaled crop fills `output`; whatever else is smaller is not padded.
 *
 * @throws UnreadableImage when the image or its mask cannot be used, or their sizes differ
 */
export async function sampleOf(
  encoded: EncodedSample,
  options: SampleOptions,
  viewer: Viewer,
): Promise<Sample> {
  const whole = encoded.mask && (await readClassMap(encoded.mask, options));
  const view = (image: Size) => {
    if (whole) checkSameSize(image, whole, 'its mask is');
    if (encoded.objects) checkSameSize(image, encoded.objects.size, 'its objects are of');
    return viewer(image, whole);
  };
  const decoded =
    decodePart(encoded.image, view) ?? (await decodeAll(encoded.image, view, options));
  const { image, known, classMap: own } = moved(decoded, encoded.objects, whole);
  const pixels = show({ ...decoded, image });
  const { earlier, geometry, resampling } = decoded.view;
  const objects = objectsOf(known, decoded.view, options);
  const rule = nearestRule(resampling);
  const steps = [...earlier, geometry];
  const classMap = own && steps.reduce((map, step) => sampleClassMap(map, step, rule), own);
  if (options.transform.kind !== 'scaled-crop') {
    return { pixels: pixels.data, classMap: classMap?.data, objects, geometry };
  }
  const { output } = options;
  return {
    pixels: padPixels(pixels, output),
    classMap: classMap && padClassMap(classMap, output),
    objects,
    geometry,
  };
}

/** The image, its objects and the classes of its pixels, moved where the view says so. */
function moved(
  { image, view: { moves } }: DecodedView,
  known: ObjectsOfImage | undefined,
  classMap: ClassMap | undefined,
): Omit<ObjectImage, 'known'> & { readonly known: ObjectsOfImage | undefined } {
  const whole = { image, known, classMap };
  return moves && known ? moveObjects({ ...whole, known }, moves, moves.random) : whole;
}

function objectsOf(
  objects: ObjectsOfImage | undefined,
  { earlier, geometry, resampling }: View,
  { wanted }: SampleOptions,
): SampleObjects | undefined {
  if (!wanted || !objects) return undefined;
  const rule = nearestRule(resampling);
  return sampleObjects(objects, [...earlier, geometry], { ...wanted, rule });
}

async function readClassMap(mask: Buffer, options: SampleOptions): Promise<ClassMap> {
  const { upright, classTable = new Map() } = options;
  return ofMask(async () => classMapOf(await decodeMask(mask, { upright }), classTable));
}

/** Reads a mask, and reports its errors as errors of its image. */
export async function ofMask<Result>(read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof UnreadableImage)) throw error;
    throw new UnreadableImage(`without its mask, which is ${error.reason}`, { cause: error });
  }
}

function checkSameSize(image: Size, known: Size, what: string): void {
  if (image.width === known.width && image.height === known.height) return;
  throw new UnreadableImage(
    `${image.width} x ${image.height} pixels large where ${what} ${known.width} x ${known.height}`,
  );
}

/** An image, or a part of it, that has been decoded. */
interface DecodedView {
  readonly view: View;
  readonly image: RgbImage;
  /** The corner of `image` in the whole image. */
  readonly origin: { readonly left: number; readonly top: number };
}

async function decodeAll(
  bytes: Buffer,
  view: (image: Size) => View,
  { upright }: SampleOptions,
): Promise<DecodedView> {
  const image = await decodeBytes(bytes, { upright });
  return { image, origin: { left: 0, top: 0 }, view: view(image) };
}

/** Undefined when a part of this file cannot be decoded alone. */
function decodePart(bytes: Buffer, viewer: (image: Size) => View): DecodedView | undefined {
  const size = jpegSize(bytes);
  if (!size) return undefined;
  const view = viewer(size);
  const whole = { left: 0, top: 0, ...size };
  const source = view.moves ? whole : (view.earlier[0] ?? view.geometry).sampling.source;
  const image = decodeJpegRegion(bytes, source);
  return image && { image, origin: source, view };
}

/** The pixels of a view. */
function show({ image, origin, view }: DecodedView): RgbImage {
  const steps = [...view.earlier, view.geometry];
  const shown = showSteps(image, steps, { resampling: view.resampling, origin });
  if (view.distortion) distortColours(shown.data, view.distortion);
  return { ...shown, data: applyOperations(shown, view.operations) };
}
