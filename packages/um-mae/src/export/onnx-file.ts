/** A model as the bytes of an ONNX file, which onnxruntime has run. */
import { scope, threads } from '@um-mae/torch';
import type { ImageSize } from '../backbones/backbone.js';
import { UmMaeError } from '../errors.js';
import { cropShare } from '../images/geometry/crop.js';
import { deviation, mean } from '../images/normalise.js';
import type { Computation } from './onnx/exported-network.js';
import { encodeModel, type OnnxModel, type Precision } from './onnx/model-message.js';
import { type Verification, verify } from './onnx/verify.js';
import type { ExportSource } from './source.js';

export interface OnnxOptions {
  /** Images at once; `batch` leaves it open. */
  readonly batch: number | 'batch';
  readonly precision: Precision;
  /** The version of um-mae, written into the file. */
  readonly version: string;
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
  { batch, precision, version }: OnnxOptions,
): Promise<OnnxFile> {
  const { kind, isBackbone, image, fitting, classes, strides } = source;
  const graph = scope(() => build({ image, batch, precision }));
  checkSize(graph, source.file);
  const lists = isBackbone ? { strides } : { classes };
  const texts = Object.entries(lists).map(([name, list]) => [name, JSON.stringify(list)] as const);
  const metadata = { ...preprocessing(image, fitting), kind, ...Object.fromEntries(texts) };
  const bytes = encodeModel({ name: kind, producerVersion: version, metadata, ...graph });
  const verification = await verify(bytes, {
    shape: [batch === 'batch' ? 2 : batch, 3, image.height, image.width],
    expected,
    threads: threads(),
  });
  const tolerance = tolerances[precision];
  if (verification.difference <= tolerance) return { bytes, outputs: graph.outputs, verification };
  throw new UmMaeError(
    'export',
    `Expected onnxruntime to compute what we do, to ${tolerance} relative, but got ${verification.difference.toExponential(1)}; nothing was written.`,
  );
}

/** Returns the metadata that describe how images are prepared for the model. */
function preprocessing(
  image: ImageSize,
  fitting: ExportSource['fitting'] = 'crop',
): Record<string, string> {
  return {
    height: `${image.height}`,
    width: `${image.width}`,
    // The image is resized until it just covers the size divided by this share, then cropped to the
    // middle; without a share all of it is resized to the size.
    ...(fitting === 'crop' && { cropShare: `${cropShare(image)}` }),
    fitting,
    interpolation: 'bicubic',
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
