/** Where a backbone looks: how much attention each place gets in the last block of every stage. */
import { ok as assert } from 'node:assert';
import { scope, type Tensor } from '@um-mae/torch';
import type { Attention } from '@um-mae/torch/nn';
import type { Backbone } from '../backbones/backbone.js';
import { fullGrid } from '../backbones/parts/patch-grid.js';
import { Pvt } from '../backbones/pvt/pvt.js';
import { positionTable } from '../backbones/swin/position-bias.js';
import { Swin } from '../backbones/swin/swin.js';
import { composedWindowAttention } from '../backbones/swin/window-attention.js';
import { Vit } from '../backbones/vit/vit.js';
import { UmMaeError } from '../errors.js';

/**
 * Weights of attention, summed over queries and averaged over heads: 1 is what a place gets when all are looked at alike.
 *
 * @param image [1, 3, height, width], normalised
 * @returns [rows, columns] for each stage: of its tokens, or of the squares of tokens that share a key (PVT)
 * @throws UmMaeError for a backbone of another family
 */
export function attentionReceived(backbone: Backbone, image: Tensor): Tensor[] {
  return scope(() => {
    const inputs = inputsOf(backbone, image);
    const found = receivedBy(backbone, image, (block) => {
      const input = inputs[block];
      assert(input, `block ${block} has an input`);
      return input;
    });
    for (const input of inputs) input.dispose();
    return found;
  });
}

/** What each block is given. */
function inputsOf(backbone: Backbone, image: Tensor): Tensor[] {
  const outputs: Tensor[] = [];
  let first: Tensor | undefined;
  backbone.forward(fullGrid(image, backbone.patch), (name, value) => {
    // A backbone that stores positions adds them to its tokens first.
    if (name === 'tokens' || name === 'encoder_input') first = value.detach().keep();
    if (/^block\.\d+$/.test(name)) outputs.push(value.detach().keep());
  });
  assert(first, 'a backbone tells its tokens');
  return [first, ...outputs];
}

function receivedBy(
  backbone: Backbone,
  image: Tensor,
  inputOf: (block: number) => Tensor,
): Tensor[] {
  if (backbone instanceof Swin) return receivedInWindows(backbone, image, inputOf);
  if (backbone instanceof Pvt) return receivedByReduced(backbone, inputOf);
  if (backbone instanceof Vit) return [receivedByPatches(backbone, image, inputOf)];
  throw new UmMaeError(
    'maps',
    'Expected a Swin, PVT or ViT to look into but got another backbone.',
  );
}

/** [batch, heads, queries, keys] */
function weightsOf(query: Tensor, key: Tensor, bias?: Tensor): Tensor {
  const logits = query.mul((query.shape[3] ?? 1) ** -0.5).matmul(key.transpose(-2, -1));
  return (bias ? logits.add(bias) : logits).softmax(-1);
}

function receivedInWindows(
  swin: Swin,
  image: Tensor,
  inputOf: (block: number) => Tensor,
): Tensor[] {
  const { positions } = fullGrid(image, swin.patch);
  let last = -1;
  return swin.stages(positions).map(({ layouts }) => {
    last += layouts.length;
    const [block, layout] = [swin.blocks[last], layouts.at(-1)];
    assert(block && layout, 'every stage has a block');
    const x = inputOf(last);
    const grid = block.downsample ? block.downsample.forward(x) : x;
    const qkv = block.attn.qkv.forward(block.norm1.forward(grid));
    const table = positionTable(block.attn.posmlp, layout.pairs);
    // In the place of what attention gives, what each key has been given.
    const attend: Attention = (query, key, _, bias) =>
      weightsOf(query, key, bias).sum([2]).unsqueeze(-1);
    return composedWindowAttention(qkv, table, { ...layout, attend })
      .at(0)
      .mean([-1]);
  });
}

function receivedByReduced(pvt: Pvt, inputOf: (block: number) => Tensor): Tensor[] {
  let last = -1;
  return pvt.options.depths.map((depth, stage) => {
    last += depth;
    const block = pvt.blocks[last];
    assert(block, 'every stage has a block');
    const x = inputOf(last);
    const grid = block.norm1.forward(block.downsample ? block.downsample.forward(x) : x);
    const reduction = pvt.options.reductions[stage] ?? 1;
    const { query, keyValue } = block.attn.project(grid, reduction);
    const key = keyValue.select(2, 0).transpose(1, 2);
    const weights = weightsOf(query.transpose(1, 2), key);
    const [, rows, columns] = grid.sizes(4);
    const places = [rows / reduction, columns / reduction];
    // As many queries as places, on average, so that 1 is even.
    return weights
      .mean([0, 1, 2])
      .mul(weights.shape[3] ?? 1)
      .view(places);
  });
}

function receivedByPatches(vit: Vit, image: Tensor, inputOf: (block: number) => Tensor): Tensor {
  const last = vit.blocks.length - 1;
  const block = vit.blocks[last];
  assert(block, 'a backbone has a block');
  const qkv = block.attn.qkv.forward(block.norm1.forward(inputOf(last)));
  const [batch, tokens, width] = qkv.sizes(3);
  const { heads } = vit.options;
  const apart = qkv.view([batch, tokens, 3, heads, width / 3 / heads]).permute([2, 0, 3, 1, 4]);
  const weights = weightsOf(apart.at(0), apart.at(1));
  const [, , height, columns] = image.sizes(4);
  const received = weights.mean([0, 1, 2]).mul(tokens).slice({ dim: 0, start: 1 });
  return received.view([height / vit.patch, columns / vit.patch]);
}
