/** A frozen encoder from weights of any origin. */
import { createHash } from 'node:crypto';
import { Generator, resolveDevice, scope, type Tensor } from '@um-mae/torch';
import type { Backbone, ImageSize } from '../backbones/backbone.js';
import {
  type BackboneOptions,
  buildBackbone,
  maskUnit,
  unitsPerToken,
} from '../backbones/build.js';
import { checkImageSize } from '../backbones/image-size.js';
import { CheckpointError } from '../errors.js';
import { readWeights } from '../weights/model-of-file.js';
import { resizePositions } from '../weights/positions.js';
import { FrozenBackbone } from './frozen-backbone.js';

export interface LoadOptions {
  /** `cpu`, `cuda`, `cuda:N` or `mps`. Default `cpu`. */
  readonly device?: string | undefined;
  /** Size that images are brought to. Default: that of pre-training. */
  readonly image?: ImageSize | undefined;
  /** Whether stored positions are resized for images of another size; Swin stores none. Default false. */
  readonly resizePositions?: boolean | undefined;
}

/**
 * The encoder of a pre-trained model, for use as it is: no gradients, no DropPath, no mask.
 *
 * @param path a run directory, a checkpoint in it, or a `.safetensors` or `.pth` file
 * @returns what the caller disposes of when it is done
 * @throws CheckpointError when there are no weights, no encoder among them, or nothing tells which model it is
 * @throws UmMaeError when the encoder cannot take images of this size
 * @throws DeviceError when the device is not there
 */
export async function load(path: string, options: LoadOptions = {}): Promise<FrozenBackbone> {
  const device = resolveDevice(options.device ?? 'cpu');
  const { tensors, recipe } = readWeights(path);
  try {
    const { image = recipe.image } = options;
    const token = maskUnit(recipe.backbone) * unitsPerToken(recipe.backbone);
    checkImageSize(image, [token, token]);
    return scope(() => {
      const backbone = buildBackbone(recipe.backbone, image, { generator: new Generator(0) });
      const own = encoderTensors(tensors, backbone, path);
      const weights = digestOf(own, recipe.backbone);
      const state = fitted(own, backbone, { ...options, path });
      backbone.loadState(state, { allow: ['norm.'] });
      backbone.to(device).eval();
      for (const tensor of backbone.state().values()) tensor.keep();
      return new FrozenBackbone(backbone, { image, device, weights, path });
    });
  } finally {
    for (const tensor of tensors.values()) tensor.dispose();
  }
}

type Tensors = ReadonlyMap<string, Tensor>;

/** A classifier that pools before its norm has none of the encoder's; then the last map is normed without weights. */
function encoderTensors(tensors: Tensors, backbone: Backbone, path: string): Tensors {
  const names = [...backbone.state().keys()];
  const poolsFirst = tensors.has('fc_norm.weight');
  const missing = names.filter(
    (name) => !tensors.has(name) && !(poolsFirst && name.startsWith('norm.')),
  );
  if (missing.length > 0) {
    throw new CheckpointError(
      `Expected an encoder in ${path} but got weights without ${missing.slice(0, 3).join(', ')}${missing.length > 3 ? `, and ${missing.length - 3} more` : ''}.`,
    );
  }
  return new Map([...tensors].filter(([name]) => names.includes(name)));
}

/** Tells weights from all others, whatever file they are in, and whatever decoder or head is beside them. */
function digestOf(tensors: Tensors, options: BackboneOptions): string {
  const digest = createHash('sha256').update(JSON.stringify(sorted(Object.entries(options))));
  for (const [name, tensor] of sorted([...tensors])) {
    digest.update(`${name} ${tensor.dtype} ${tensor.shape}\0`);
    const { buffer, byteOffset, byteLength } = tensor.toArray();
    digest.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return digest.digest('hex');
}

function sorted<Value>(entries: [string, Value][]): [string, Value][] {
  return entries.sort(([a], [b]) => (a < b ? -1 : 1));
}

interface FitOptions extends LoadOptions {
  readonly path: string;
}

/** The tensors in the shapes that the backbone has. */
function fitted(tensors: Tensors, backbone: Backbone, options: FitOptions): Tensors {
  const first = backbone.hasClassToken ? 1 : 0;
  const state = backbone.state();
  return new Map(
    [...tensors].map(([name, tensor]) => {
      const expected = state.get(name)?.shape ?? [];
      if (tensor.shape.join() === expected.join()) return [name, tensor];
      const isTable = name.endsWith('pos_embed');
      if (isTable && options.resizePositions) {
        return [name, resizePositions(tensor, (expected[1] ?? 0) - first, first === 1)];
      }
      throw new CheckpointError(
        `Expected \`${name}\` of shape [${expected.join(', ')}] in ${options.path} but got [${tensor.shape.join(', ')}].${isTable ? '\nIts images had another size: ask for --resize-positions, or leave the size as it is.' : ''}`,
      );
    }),
  );
}
