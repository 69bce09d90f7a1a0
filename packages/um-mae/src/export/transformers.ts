/**
 * The layout in which transformers.js, and Hugging Face's hub, look for a model: what it is, how
 * images are prepared, and the graph.
 */
import type { ImageSize } from '../backbones/backbone.js';
import { UmMaeError } from '../errors.js';
import { cropShare } from '../images/geometry/crop.js';
import { deviation, mean } from '../images/normalise.js';
import { transformersNames } from './onnx/families.js';
import type { Precision } from './onnx/graph/model-message.js';
import type { ExportSource } from './source.js';

/** The path of the graph in the folder. */
export const graphFiles: Readonly<Record<Precision, string>> = {
  f32: 'onnx/model.onnx',
  f16: 'onnx/model_fp16.onnx',
};

/**
 * @returns the other files of the folder, by their names
 * @throws UmMaeError when transformers have no such network, or images are not square: what they
 *   prepare is
 */
export function transformersFiles(
  { kind, backbone, image, fitting, transformers }: ExportSource,
  precision: Precision,
): Readonly<Record<string, object>> {
  if (!transformers) {
    throw new UmMaeError(
      'export',
      `Expected a network that transformers.js has but got a ${kind} on a ${backbone.kind}; write a .onnx file instead.`,
    );
  }
  if (image.height !== image.width) {
    throw new UmMaeError(
      'export',
      `Expected a model of square images, which is what transformers prepare, but got ${image.height}x${image.width}; write a .onnx file instead.`,
    );
  }
  const family = backbone.kind;
  const config = {
    model_type: family,
    architectures: [`${transformersNames[family]}${transformers.architecture}`],
    image_size: image.height,
    num_channels: 3,
    ...transformers.config,
    'transformers.js_config': { dtype: precision === 'f16' ? 'fp16' : 'fp32' },
  };
  return {
    'config.json': config,
    'preprocessor_config.json': {
      image_processor_type: transformers.processor,
      ...preparation(image, fitting),
    },
  };
}

/** The number of bicubic resampling in Pillow. */
const bicubic = 3;

function preparation(
  { height, width }: ImageSize,
  fitting: ExportSource['fitting'] = 'crop',
): object {
  const sizes =
    fitting === 'stretch'
      ? { size: { height, width }, do_center_crop: false }
      : {
          size: { shortest_edge: Math.trunc(height / cropShare({ height, width })) },
          do_center_crop: true,
          crop_size: { height, width },
        };
  return {
    do_resize: true,
    ...sizes,
    resample: bicubic,
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: mean,
    image_std: deviation,
  };
}
