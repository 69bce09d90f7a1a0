/** A model as the bytes of an ONNX file, which onnxruntime has run. */
import { scope, threads } from '@um-mae/torch';
import type { ImageSize } from '../backbones/backbone.js';
import { UmMaeError } from '../errors.js';
import { cropShare } from '../images/geometry/crop.js';
import { deviation, mean } from '../images/normalise.js';
import type { Computation } from './onnx/exported-network.js';
import { encodeModel, type OnnxModel, type Precision } from './onnx/graph/model-message.js';
import {
  type Verification,
  type VerifyOptions,
  verify as verifyGraph,
  verifyInputs,
} from './onnx/verify.js';
import type { ExportSource } from './source.js';

export interface OnnxOptions {
  /** Images at once; `batch` leaves it open. */
  readonly batch: number | 'batch';
  readonly precision: Precision;
  /** The version of um-mae, written into the file. */
  readonly version: string;
  /** Called with the number of runs by which a graph has been checked, and of all. */
  readonly onProgress?: VerifyOptions['onProgress'];
}

export interface OnnxFile {
  readonly bytes: Uint8Array;
  /** Names and shapes of what the model gives. */
  readonly outputs: OnnxModel['outputs'];
  readonly verification: Verification;
}

/**
 * Relative to the largest number of an output. f16 has 11 bits, and errors of a thousandth add up
 * over the layers.
 */
const tolerances: Readonly<Record<Precision, number>> = { f32: 1e-3, f16: 3e-2 };
/** The largest size of a protocol buffer, in bytes. */
const largestFile = 2 ** 31 - 1;

/** @throws UmMaeError when the file would be too large, or computes something else than we do */
export async function onnxFile(
  source: ExportSource,
  { graph: build, expected }: Computation,
  { batch, precision, version, onProgress }: OnnxOptions,
): Promise<OnnxFile> {
  const { kind, image, isOpen } = source;
  const graph = scope(() => build({ image, isOpen, batch, precision }));
  checkSize(graph, source.file);
  const metadata = metadataOf(source);
  const bytes = encodeModel({ name: kind, producerVersion: version, metadata, ...graph });
  const images = batch === 'batch' ? 2 : batch;
  const verify = (size: ImageSize) =>
    verifyGraph(bytes, {
      shape: [images, 3, size.height, size.width],
      expected,
      threads: threads(),
      onProgress,
    });
  const first = await verify(image);
  const other = isOpen ? await verify(otherSize(image)) : first;
  const verification = { ...first, difference: Math.max(first.difference, other.difference) };
  checkDifference(verification, precision);
  return { bytes, outputs: graph.outputs, verification };
}

/** The graphs that run on regions of a picture, by the ends of their files' names. */
export async function regionFiles(
  { objects, image, file }: ExportSource,
  { version, onProgress }: Pick<OnnxOptions, 'version' | 'onProgress'>,
): Promise<ReadonlyMap<string, OnnxFile>> {
  const files = new Map<string, OnnxFile>();
  for (const region of objects?.regionGraphs(image) ?? []) {
    const graph = scope(() => region.graph());
    checkSize(graph, file);
    const { name } = region;
    const bytes = encodeModel({ name, producerVersion: version, metadata: {}, ...graph });
    const inputs = region.inputs();
    const expected = () => region.expected(inputs);
    const options = { inputs, expected, threads: threads(), onProgress };
    const verification = await verifyInputs(bytes, options);
    for (const input of Object.values(inputs)) input.dispose();
    checkDifference(verification, 'f32');
    files.set(name, { bytes, outputs: graph.outputs, verification });
  }
  return files;
}

/** @throws UmMaeError when a graph computes something else than we do */
function checkDifference({ difference }: Verification, precision: Precision): void {
  const tolerance = tolerances[precision];
  if (difference <= tolerance) return;
  throw new UmMaeError(
    'export',
    `Expected onnxruntime to compute what we do, to ${tolerance} relative, but got ${difference.toExponential(1)}; nothing was written.`,
  );
}

/** Returns a size that neither patches nor windows divide. */
function otherSize({ height, width }: ImageSize): ImageSize {
  return { height: height + 13, width: width + 77 };
}

/** Returns the metadata that programs need: the preparation of images, and the meaning of outputs. */
function metadataOf(source: ExportSource): Record<string, string> {
  const { kind, isBackbone, classes, strides, pooled, pixels, objects, image } = source;
  const lists = isBackbone
    ? { strides, stages: pooled?.stages }
    : {
        classes,
        ...(pixels && { colours: pixels.colours }),
        ...(objects && { detector: objects.use(image) }),
      };
  const texts = Object.entries(lists).map(([name, list]) => [name, JSON.stringify(list)] as const);
  const pooling = pooled && { pooling: pooled.pooling };
  return { ...preprocessing(source), kind, ...pooling, ...Object.fromEntries(texts) };
}

function preprocessing(source: ExportSource): Record<string, string> {
  const { image, isOpen, pixels, objects, fitting = 'crop' } = source;
  const { long, short } = pixels?.scale ?? {};
  return {
    height: `${image.height}`,
    width: `${image.width}`,
    // The image is resized until it just covers the size divided by this share, then cropped to the
    // middle; without a share all of it is resized to the size.
    ...(fitting === 'crop' && { cropShare: `${cropShare(image)}` }),
    // Where any size is taken, the sides of an image have at most so many pixels.
    ...(isOpen && { long: `${long}`, short: `${short}` }),
    fitting: isOpen ? 'scale' : fitting,
    interpolation: objects?.interpolation ?? 'bicubic',
    mean: JSON.stringify(mean),
    deviation: JSON.stringify(deviation),
  };
}

function checkSize({ constants }: Pick<OnnxModel, 'constants'>, path: string): void {
  const bytes = constants.reduce((sum, constant) => sum + constant.bytes.length, 0);
  if (bytes < largestFile) return;
  throw new UmMaeError(
    'export',
    `Expected a model of less than 2 GB, which is what a file of ONNX holds, but got ${(bytes / 1e9).toFixed(1)} GB in ${path}.`,
  );
}
