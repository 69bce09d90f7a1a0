/** A trained model in a form that others read, with a card that says what it is. */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { scope } from '@um-mae/torch';
import { setUnfinished } from '@um-mae/torch/files';
import { replaceFile, writeSafetensors, writeTorchFile } from '@um-mae/torch/serialization';
import type { ImageSize } from '../backbones/backbone.js';
import { FileError, UmMaeError } from '../errors.js';
import type { PoolingOptions } from '../features/pooling.js';
import { describeFailure } from '../files/file-errors.js';
import { packageVersion } from '../package-version.js';
import type { Assignment } from '../recipes/values/assignments.js';
import { modelCard } from './model-card.js';
import { timmWeights } from './onnx/families.js';
import type { OnnxModel, Precision } from './onnx/graph/model-message.js';
import type { SegmentorOutput } from './onnx/segmentor.js';
import type { Verification, VerifyOptions } from './onnx/verify.js';
import { onnxFile, regionFiles } from './onnx-file.js';
import { pixelwise } from './pixelwise.js';
import { type ExportKind, type ExportSource, openSource } from './source.js';
import { graphFiles, transformersFiles } from './transformers.js';
import { type ExportForm, libraryOf, usageOf } from './usage.js';

export interface ExportOptions extends Pick<PoolingOptions, 'stages' | 'pooling'> {
  /** A run directory, a checkpoint in it, or a file of weights. */
  readonly from: string;
  /**
   * The path to write: a `.onnx`, `.safetensors` or `.pth` file, or, without an extension, a folder
   * for transformers.js.
   */
  readonly to: string;
  /**
   * Default: the whole network of what has been fine-tuned, such as `classifier`, else `backbone`.
   */
  readonly kind?: ExportKind | undefined;
  /** The weights to take of a file that holds several sets, such as `teacher`. */
  readonly entry?: string | undefined;
  /** Whether the weights are compared with their checksum, if there is one; default true. */
  readonly verify?: boolean | undefined;
  /** Values of `inference` in place of those of the recipe. Default: none. */
  readonly inference?: readonly Assignment[] | undefined;
  /** Images at once in a graph; `batch`, the default, leaves it open. */
  readonly batch?: number | 'batch' | undefined;
  /** Default f32. f16 has half the size; inputs and outputs of graphs stay f32. */
  readonly precision?: Precision | undefined;
  /**
   * The size of images for a segmentor, or any; or for a detector. Default: that of the crop that it
   * was trained on, or of evaluation.
   */
  readonly size?: ImageSize | 'dynamic' | undefined;
  /** The answer of a segmentor: all logits (the default), or the likeliest class of each pixel. */
  readonly output?: SegmentorOutput | undefined;
  /** Called with the number of runs by which a graph has been checked, and of all. */
  readonly onProgress?: VerifyOptions['onProgress'];
}

export interface ExportReport {
  readonly form: ExportForm;
  readonly kind: ExportKind;
  readonly image: ImageSize;
  /** Whether a graph takes images of any size; `image` is the one whose time was measured. */
  readonly isOpen: boolean;
  /** The size of the graph, or of the weights. */
  readonly bytes: number;
  /** The model card. */
  readonly card: string;
  /** Names and shapes of what a graph gives. */
  readonly outputs?: OnnxModel['outputs'];
  readonly verification?: Verification;
  /** The graphs that run on regions, where a detector has some. */
  readonly regions?: readonly RegionReport[];
  /** Sentences about what was chosen of the weights, and left out. */
  readonly notes: readonly string[];
}

/** A graph that runs on regions of a picture. */
export interface RegionReport {
  readonly path: string;
  readonly bytes: number;
  readonly outputs: OnnxModel['outputs'];
  readonly verification: Verification;
}

/** The forms of export by extension. */
const forms: Readonly<Record<string, ExportForm>> = {
  '.onnx': 'onnx',
  '.safetensors': 'safetensors',
  '.pth': 'pytorch',
  '': 'transformers',
};

/**
 * Writes the model, a graph only after onnxruntime has computed the same with it as we do; and a
 * card beside it, or in the folder.
 *
 * @throws CheckpointError when there are no weights, or none of such a model
 * @throws UmMaeError when something is there already, the form does not cover the model, or a graph
 *   computes something else
 *
 * @example
 * ```ts
 * import { exportModel } from 'um-mae';
 *
 * const { kind, verification } = await exportModel({ from: 'runs/classes', to: 'classes.onnx' });
 * console.log(kind); // classifier
 * console.log(verification);
 * ```
 */
export async function exportModel(options: ExportOptions): Promise<ExportReport> {
  const form = formOf(options.to);
  const card = form === 'transformers' ? join(options.to, 'README.md') : cardOf(options.to);
  for (const path of [options.to, card]) refuseExisting(path);
  using opened = openSource(options.from, options);
  const source = pixelwise(opened, form, options);
  checkPrecision(source, options.precision);
  if (form === 'onnx') {
    for (const { name } of source.objects?.regionGraphs(source.image) ?? [])
      refuseExisting(regionPath(options.to, name));
  }
  const { kind, image, isOpen = false, notes } = source;
  const written = await writers[form](source, {
    ...options,
    text: cardText(source, form, options),
  });
  return { form, kind, image, isOpen, card, notes, ...written };
}

function formOf(path: string): ExportForm {
  const form = forms[extname(path)];
  if (form) return form;
  throw new UmMaeError(
    'export',
    `Expected a .onnx, .safetensors or .pth file, or a folder without an extension, to write but got ${path}.`,
  );
}

/** Boxes in pixels of hundreds have no room in f16, whose steps are then a quarter of a pixel. */
function checkPrecision({ objects }: ExportSource, precision: Precision = 'f32'): void {
  if (!objects || precision === 'f32') return;
  throw new UmMaeError(
    'export',
    'Expected f32 for a graph of boxes, which f16 would round, but got f16.',
  );
}

/** Names the file of a graph of regions beside that of the picture. */
function regionPath(path: string, name: string): string {
  return `${path.slice(0, -extname(path).length)}.${name}${extname(path)}`;
}

/** Names the card that lies beside a file. */
function cardOf(path: string): string {
  return `${path}.md`;
}

function refuseExisting(path: string): void {
  if (!existsSync(path)) return;
  throw new UmMaeError(
    'export',
    `Expected a new file or folder but got ${path}, which exists; delete it, or name another one.`,
  );
}

function cardText(source: ExportSource, form: ExportForm, options: ExportOptions): string {
  const name = basename(resolve(options.to), extname(options.to));
  return modelCard(source, {
    name,
    library: libraryOf(form, source),
    usage: usageOf(form, { to: basename(resolve(options.to)), source }),
    version: packageVersion(),
  });
}

/** Options of a writer of one form. */
interface WriterOptions extends ExportOptions {
  /** The text of the card. */
  readonly text: string;
}

type ExportResult = Pick<ExportReport, 'bytes' | 'outputs' | 'verification' | 'regions'>;
type Writer = (
  source: ExportSource,
  options: WriterOptions,
) => ExportResult | Promise<ExportResult>;

const writers: Readonly<Record<ExportForm, Writer>> = {
  async onnx(source, { to, batch = 'batch', precision = 'f32', text, onProgress }) {
    const common = { version: packageVersion(), onProgress };
    const { bytes, ...report } = await onnxFile(source, source.computation, {
      batch,
      precision,
      ...common,
    });
    const further = await regionFiles(source, common);
    writeBytes(to, bytes);
    const regions = [...further].map(([name, file]): RegionReport => {
      const path = regionPath(to, name);
      writeBytes(path, file.bytes);
      return { ...file, path, bytes: file.bytes.length };
    });
    writeText(cardOf(to), text);
    return { bytes: bytes.length, ...report, ...(regions.length > 0 && { regions }) };
  },
  async transformers(source, { to, batch = 'batch', precision = 'f32', text, onProgress }) {
    const files = transformersFiles(source, precision);
    const { bytes, ...report } = await onnxFile(source, source.asTransformer, {
      batch,
      precision,
      version: packageVersion(),
      onProgress,
    });
    inNewFolder(to, (folder) => {
      mkdirSync(join(folder, 'onnx'));
      writeBytes(join(folder, graphFiles[precision]), bytes);
      for (const [name, content] of Object.entries(files))
        writeText(join(folder, name), `${JSON.stringify(content, null, 2)}\n`);
      writeText(join(folder, 'README.md'), text);
    });
    return { bytes: bytes.length, ...report };
  },
  safetensors: writeWeights,
  pytorch: writeWeights,
};

/** The weights alone, with their recipe where there is one. */
function writeWeights(
  { tensors, recipe }: ExportSource,
  { to, precision = 'f32', text }: WriterOptions,
): ExportResult {
  return scope(() => {
    const named = timmWeights(tensors);
    const cast = new Map([...named].map(([name, tensor]) => [name, tensor.to(precision)]));
    const metadata = recipe && { recipe: JSON.stringify(recipe) };
    if (extname(to) === '.pth') writeTorchFile(to, { model: cast, ...metadata });
    else writeSafetensors(to, cast, { metadata: { format: 'pt', ...metadata } });
    writeText(cardOf(to), text);
    const sizes = [...cast.values()].map(({ elements }) => elements);
    return { bytes: sizes.reduce((sum, size) => sum + size, 0) * (precision === 'f16' ? 2 : 4) };
  });
}

/** Fills a folder that appears under its name only when it is complete. */
function inNewFolder(path: string, fill: (folder: string) => void): void {
  const partial = `${resolve(path)}.partial`;
  describeFailure({ verb: 'write', path, as: FileError }, () => {
    mkdirSync(dirname(partial), { recursive: true });
    mkdirSync(partial);
    setUnfinished(partial, true);
    try {
      fill(partial);
      renameSync(partial, path);
    } catch (error) {
      rmSync(partial, { recursive: true, force: true });
      throw error;
    } finally {
      setUnfinished(partial, false);
    }
  });
}

function writeText(path: string, text: string): void {
  writeBytes(path, Buffer.from(text));
}

function writeBytes(path: string, bytes: Uint8Array): void {
  replaceFile(path, (append) => append(bytes));
}
