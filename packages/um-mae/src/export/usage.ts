/** Programs that use what an export has written, for its card. */

import { imageProgram } from './image-program.js';
import { maskProgram, masksOfClasses } from './mask-program.js';
import { objectProgram } from './object-program.js';
import { type TimmOptions, timmOptions } from './onnx/families.js';
import type { ExportSource } from './source.js';

/** The format of an export. */
export type ExportForm = 'onnx' | 'transformers' | 'safetensors' | 'pytorch';

export interface UsageOptions {
  /** The last part of the path that was written. */
  readonly to: string;
  readonly source: ExportSource;
}

interface Usage {
  readonly language: string;
  readonly text: string;
}

export function usageOf(form: ExportForm, { to, source }: UsageOptions): Usage {
  const { transformers, pixels, objects } = source;
  const name = JSON.stringify(to);
  switch (form) {
    case 'onnx':
      if (pixels) return { language: 'js', text: maskProgram(name, source, pixels) };
      if (objects) return { language: 'js', text: objectProgram(name, source, objects) };
      return { language: 'js', text: imageProgram(name, source) };
    case 'transformers':
      return {
        language: 'js',
        text: `import { pipeline } from '@huggingface/transformers';

const run = await pipeline('${transformers?.pipeline}', ${JSON.stringify(`./${to}/`)});
${pixels ? masksOfClasses : `console.log(await run('cat.jpg'${source.isBackbone ? ', { pool: true }' : ''}));`}`,
      };
    case 'safetensors':
    case 'pytorch':
      return usageOfWeights(name, source);
  }
}

/** The library that reads an export, by the name that Hugging Face's hub has for it. */
export function libraryOf(form: ExportForm, { isKnownToTimm, backbone }: ExportSource): string {
  if (form === 'transformers') return 'transformers.js';
  if (form === 'onnx') return 'onnx';
  return isKnownToTimm && timmOptions(backbone) ? 'timm' : 'um-mae';
}

/** timm knows the names of a ViT's weights; those of the others are um-mae's. */
function usageOfWeights(name: string, source: ExportSource): Usage {
  const vit = source.isKnownToTimm ? timmOptions(source.backbone) : undefined;
  if (vit) return { language: 'python', text: usageByTimm(name, source, vit) };
  const { pooled } = source;
  if (!pooled) {
    return { language: 'sh', text: `um-mae predict ${name} cat.jpg` };
  }
  return {
    language: 'js',
    text: `import { load } from 'um-mae';

const backbone = await load(${name});
const { embedding } = await backbone.features(['cat.jpg'], {
  stages: [${pooled.stages.join(', ')}],
  pooling: '${pooled.pooling}',
});`,
  };
}

function usageByTimm(
  name: string,
  { image, classes, tensors }: ExportSource,
  { channels, depth, epsilon, heads, layerScale, mlpRatio, patch, registers }: TimmOptions,
): string {
  const ratio = mlpRatio === 4 ? '' : `, mlp_ratio=${mlpRatio}`;
  const norm = epsilon === 1e-6 ? '' : `, norm_layer=partial(LayerNorm, eps=${epsilon})`;
  const imports = norm ? 'from functools import partial\n\nfrom torch.nn import LayerNorm\n' : '';
  const scale = layerScale === 0 ? '' : `, init_values=${layerScale}`;
  const tokens = registers === 0 ? '' : `, reg_tokens=${registers}, no_embed_class=True`;
  const pooling = tensors.has('fc_norm.weight') ? 'avg' : 'token';
  return `${imports}from timm.models import load_state_dict
from timm.models.vision_transformer import VisionTransformer

model = VisionTransformer(
    img_size=(${image.height}, ${image.width}), patch_size=${patch}, embed_dim=${channels}, depth=${depth}, num_heads=${heads}${ratio}${norm}${scale}${tokens},
    num_classes=${classes.length}, global_pool='${pooling}',
)
model.load_state_dict(load_state_dict(${name}))`;
}
