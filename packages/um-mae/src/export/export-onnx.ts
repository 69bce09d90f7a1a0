/** A trained model as a file of ONNX, which runs without us. */
import { existsSync } from 'node:fs';
import { scope, threads } from '@um-mae/torch';
import { replaceFile } from '@um-mae/torch/serialization';
import type { ImageSize } from '../backbones/backbone.js';
import { cropShare } from '../data/pixels/crop.js';
import { load } from '../embedding/load.js';
import { UmMaeError } from '../errors.js';
import { deviation, mean } from '../evaluation/pixels.js';
import { readClassifier } from '../weights/read-classifier.js';
import { isFinetuned, readWeightsFile } from '../weights/weights-file.js';
import { backboneGraph, classifierGraph, type GraphOptions } from './onnx/model.js';
import { encodeModel, type OnnxModel } from './onnx/model-message.js';
import { type Verification, type VerifyOptions, verify } from './onnx/verify.js';

/** What of a model is written: its features, or what it makes of them. */
export type ExportKind = 'backbone' | 'classifier';

export interface ExportOptions {
  /** A run directory, a checkpoint in it, or a file of weights. */
  readonly from: string;
  /** The file to write. */
  readonly to: string;
  /** Default: `classifier` for what has been fine-tuned, else `backbone`. */
  readonly kind?: ExportKind | undefined;
  /** Images at once; `batch`, the default, leaves it open. */
  readonly batch?: number | 'batch' | undefined;
  /** Written into the file. */
  readonly version: string;
}

export interface ExportReport {
  readonly kind: ExportKind;
  readonly image: ImageSize;
  readonly bytes: number;
  /** Names and shapes of what the model gives. */
  readonly outputs: OnnxModel['outputs'];
  readonly verification: Verification;
}

/** Relative to the largest number of an output. */
const tolerance = 1e-3;
/** Of a protocol buffer. */
const largestFile = 2 ** 31 - 1;

/**
 * Writes the model after onnxruntime has computed the same with it as we do.
 *
 * @throws CheckpointError when there are no weights, or none of such a model
 * @throws UmMaeError when the file is there, would be too large, or computes something else
 */
export async function exportOnnx(options: ExportOptions): Promise<ExportReport> {
  const { from, to, batch = 'batch', version } = options;
  if (existsSync(to)) {
    throw new UmMaeError(
      'export',
      `Expected a new file but got ${to}, which exists; delete it, or name another one.`,
    );
  }
  const kind = options.kind ?? kindOf(from);
  using source = await open(from, kind);
  const { image } = source;
  const graph = scope(() => source.graph({ image, batch }));
  checkSize(graph, from);
  const metadata = { ...preprocessing(image), kind, ...source.metadata };
  const model = encodeModel({ name: kind, producerVersion: version, metadata, ...graph });
  const verification = await verify(model, {
    shape: [batch === 'batch' ? 2 : batch, 3, image.height, image.width],
    expected: source.expected,
    threads: threads(),
  });
  if (!(verification.difference <= tolerance)) {
    throw new UmMaeError(
      'export',
      `Expected onnxruntime to compute what we do, to ${tolerance} relative, but got ${verification.difference.toExponential(1)}; nothing was written.`,
    );
  }
  replaceFile(to, (append) => append(model));
  return { kind, image, bytes: model.length, outputs: graph.outputs, verification };
}

/** A model in memory, and what there is to know of it. */
interface Source extends Disposable {
  readonly image: ImageSize;
  readonly graph: (options: GraphOptions) => ReturnType<typeof backboneGraph>;
  readonly expected: VerifyOptions['expected'];
  readonly metadata: Readonly<Record<string, string>>;
}

function kindOf(path: string): ExportKind {
  const { recipe, tensors } = readWeightsFile(path);
  for (const tensor of tensors.values()) tensor.dispose();
  return recipe && isFinetuned(recipe) ? 'classifier' : 'backbone';
}

async function open(path: string, kind: ExportKind): Promise<Source> {
  if (kind === 'backbone') {
    const frozen = await load(path);
    const { backbone, image, strides } = frozen;
    return {
      image,
      graph: (options) => backboneGraph(backbone, options),
      expected: (images) => {
        const maps = backbone.features(images);
        const named = maps.map((map, stage) => [`stage${stage + 1}`, map] as const);
        const last = maps.at(-1);
        return { ...Object.fromEntries(named), ...(last && { embedding: last.mean([1, 2]) }) };
      },
      metadata: { strides: JSON.stringify(strides) },
      [Symbol.dispose]: () => frozen.dispose(),
    };
  }
  const { model, classes, recipe } = readClassifier(path);
  return {
    image: recipe.image,
    graph: (options) => classifierGraph(model, options),
    expected: (images) => ({ logits: model.forward(images) }),
    metadata: { classes: JSON.stringify(classes) },
    [Symbol.dispose]: () => {
      for (const tensor of model.state().values()) tensor.dispose();
    },
  };
}

/** What becomes of an image before the model sees it. */
function preprocessing(image: ImageSize): Record<string, string> {
  return {
    height: `${image.height}`,
    width: `${image.width}`,
    // The image is resized until it just covers the size divided by this share, then cropped to the middle.
    cropShare: `${cropShare(image)}`,
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
