/** Converts weights from one format into another. */
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { type DType, scope, type Tensor } from '@um-mae/torch';
import { writeSafetensors, writeTorchFile } from '@um-mae/torch/serialization';
import { at } from '../at.js';
import { shapeOf } from '../backbones/families.js';
import { CheckpointError } from '../errors.js';
import { describeFailure } from '../files/file-errors.js';
import { resizePositions } from '../weights/initial/positions.js';
import { isOfEncoder, listNames } from '../weights/initial/unused-weights.js';
import { openWeights, type Weights } from '../weights/open-weights.js';
import type { WeightsChoice } from '../weights/weights-choice.js';
import { type FileModel, type Fit, fitOf } from './fit.js';
import { type ModelRequest, requestedModel } from './requested-model.js';

type Tensors = ReadonlyMap<string, Tensor>;

export interface ConvertRequest extends ModelRequest {
  /** A run directory, a checkpoint in it, or a file. */
  readonly from: string;
  /**
   * The weights to take of a run or a checkpoint. Default: the best, else the average, else the
   * last.
   */
  readonly weights?: WeightsChoice | undefined;
  /** The weights to take of a file that holds several sets, such as `teacher`. */
  readonly entry?: string | undefined;
  /** Whether the weights are compared with their checksum, if there is one; default true. */
  readonly verify?: boolean | undefined;
  /** A `.safetensors` or `.pth` file, or a folder for weights and optimizer state. */
  readonly to: string;
  /** Whether an existing `to` may be overwritten. Default false. */
  readonly overwrite?: boolean | undefined;
  /**
   * Beginnings of names that may be missing, or are left out where the model has none of that
   * shape. Default: none.
   */
  readonly allow?: readonly string[] | undefined;
  /** Whether to resize positions that belong to another image size. Default false. */
  readonly resizePositions?: boolean | undefined;
  /** Element type of what is not an integer; undefined: as it is. */
  readonly dtype?: DType | undefined;
}

export interface Conversion {
  /** The file that the weights were in. */
  readonly source: string;
  /** Sentences about what was chosen in it, and passed over. */
  readonly notes: readonly string[];
  readonly tensors: Tensors;
  /** Undefined for weights of another kind of network, which are passed on as they are. */
  readonly model: FileModel | undefined;
  readonly fit: Fit | undefined;
  /** Whether the optimizer's state was written. Only a folder can hold it. */
  readonly optimizer: 'written' | 'left out' | 'none';
}

/**
 * @throws CheckpointError when the weights do not fit the model, or `to` cannot be written
 *
 * @example
 * ```ts
 * import { convertWeights } from 'um-mae';
 *
 * const { model } = await convertWeights({ from: 'runs/photos', to: 'photos.pth' });
 * console.log(model?.extent); // objective
 * ```
 */
export async function convertWeights(request: ConvertRequest): Promise<Conversion> {
  const form = formOf(request);
  const file = openWeights(request.from, request.weights, request);
  const model = await requestedModel(file, request);
  const fit = model && fitOf(file.tensors, model);
  return scope(() => {
    const fitting = model && fit ? fittingTensors(file, model, fit, request) : file.tensors;
    const tensors = cast(fitting, request.dtype);
    const moments = momentsOf(file, tensors);
    write(request.to, form, { tensors, moments, model });
    const fate = form === 'folder' ? 'written' : 'left out';
    const { path: source } = file;
    const { notes } = file;
    return { source, notes, tensors, model, fit, optimizer: moments ? fate : 'none' };
  });
}

type Form = 'safetensors' | 'pytorch' | 'folder';

const forms: Readonly<Record<string, Form>> = {
  '.safetensors': 'safetensors',
  '.pth': 'pytorch',
  '.pt': 'pytorch',
  '': 'folder',
};

/** The files of a folder of weights. */
const folderFiles: readonly string[] = ['model.safetensors', 'optimizer.safetensors'];

function formOf({ to, overwrite = false }: ConvertRequest): Form {
  const form = forms[extname(to)];
  if (!form) {
    throw new CheckpointError(
      `Expected a .safetensors or .pth file, or a folder, to write but got ${to}.`,
    );
  }
  const isFolder = existsSync(to) && statSync(to).isDirectory();
  const foreign = isFolder
    ? readdirSync(to).find((name) => !folderFiles.includes(name))
    : undefined;
  if (overwrite && form === 'folder' && foreign !== undefined) {
    throw new CheckpointError(
      `Expected nothing but weights to replace in ${to} but got ${foreign}.\nChoose another place.`,
    );
  }
  const isFree = isFolder ? form === 'folder' && readdirSync(to).length === 0 : !existsSync(to);
  if (isFree || (overwrite && isFolder === (form === 'folder'))) return form;
  throw new CheckpointError(
    `Expected nothing at ${to} yet but got ${isFolder ? 'a folder' : 'a file'}.\n` +
      'Add --overwrite to replace weights there, or choose another place.',
  );
}

/**
 * The weights that the model takes.
 *
 * @throws CheckpointError naming what does not fit and is not allowed to
 */
function fittingTensors(
  { path, tensors }: Weights,
  { recipe }: FileModel,
  { missing, unexpected, reshaped }: Fit,
  { allow = [], resizePositions: resize = false }: ConvertRequest,
): Tensors {
  const isAllowed = (name: string) => allow.some((start) => name.startsWith(start));
  refuse('missing', missing, isAllowed, path);
  refuse('unexpected', unexpected, (name) => isAllowed(name) && !isOfEncoder(name), path);
  const fitting = new Map([...tensors].filter(([name]) => !unexpected.includes(name)));
  for (const { name, expected, found } of reshaped) {
    const table = fitting.get(name);
    const isTable = name.endsWith('pos_embed');
    if (isAllowed(name)) fitting.delete(name);
    else if (!table || !isTable || !resize) {
      const advice = isTable ? '\nAdd --resize-positions for images of another size.' : '';
      throw new CheckpointError(
        `Expected \`${name}\` of shape [${expected.join(', ')}] in ${path} but got [${found.join(', ')}].${advice}`,
      );
    } else {
      const { hasClassToken } = shapeOf(recipe.backbone);
      const places = at(expected, 1) - (hasClassToken ? 1 : 0);
      fitting.set(name, resizePositions(table, places, hasClassToken));
    }
  }
  return fitting;
}

function refuse(
  kind: 'missing' | 'unexpected',
  names: readonly string[],
  isAllowed: (name: string) => boolean,
  path: string,
): void {
  const refused = names.filter((name) => !isAllowed(name));
  if (refused.length === 0) return;
  const isNeeded = kind === 'unexpected' && refused.some(isOfEncoder);
  throw new CheckpointError(
    `Expected weights of this model in ${path} but got ${refused.length} ${kind} names: ${listNames(refused)}.\n` +
      (isNeeded
        ? 'Without them the encoder would compute something else, so they cannot be left out.'
        : 'Add --allow with the beginning of each name that may differ.'),
  );
}

function cast(tensors: Tensors, dtype: DType | undefined): Tensors {
  if (!dtype) return tensors;
  const isFloat = (tensor: Tensor) => /^b?f\d/.test(tensor.dtype);
  return new Map(
    [...tensors].map(([name, tensor]) => [name, isFloat(tensor) ? tensor.to(dtype) : tensor]),
  );
}

/** The optimizer's state of the weights that were not left out. */
function momentsOf(file: Weights, tensors: Tensors): Tensors | undefined {
  const moments = file.optimizer();
  const nameOf = (key: string) => key.slice(key.indexOf('.') + 1);
  return moments && new Map([...moments].filter(([key]) => tensors.has(nameOf(key))));
}

interface Content {
  readonly tensors: Tensors;
  readonly moments: Tensors | undefined;
  readonly model: FileModel | undefined;
}

function write(to: string, form: Form, { tensors, moments, model }: Content): void {
  const recipe = model && { recipe: JSON.stringify(model.recipe) };
  const metadata = { format: model ? 'um-mae' : 'pt', ...recipe };
  switch (form) {
    case 'safetensors':
      writeSafetensors(to, tensors, { metadata });
      return;
    case 'pytorch':
      writeTorchFile(to, { model: tensors, ...recipe });
      return;
    case 'folder':
      describeFailure({ verb: 'write', path: to, as: CheckpointError }, () =>
        mkdirSync(to, { recursive: true }),
      );
      writeSafetensors(join(to, 'model.safetensors'), tensors, { metadata });
      if (moments) writeSafetensors(join(to, 'optimizer.safetensors'), moments);
      // Moments of other weights would be taken for those of these.
      else rmSync(join(to, 'optimizer.safetensors'), { force: true });
      return;
  }
}
