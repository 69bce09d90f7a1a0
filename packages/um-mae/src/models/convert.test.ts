import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Generator, tensor } from '@um-mae/torch';
import { readSafetensors, writeSafetensors, writeTorchFile } from '@um-mae/torch/serialization';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../cli/testing/command-line.js';
import { buildObjective } from '../objectives/build.js';
import {
  isPublished,
  publishedPath,
  publishedTensors,
} from '../parity/published/published-files.js';
import { parsePretrainRecipe } from '../recipes/parse.js';
import { openWeights, pretrainRecipeOf } from '../weights/open-weights.js';
import { type ConvertRequest, convertWeights } from './convert.js';
import { inspectWeights } from './inspect.js';

const folder = temporaryFolder();
const recipe = parsePretrainRecipe({
  backbone: { kind: 'vit', channels: 24, depth: 1, heads: 3, patch: 4 },
  method: 'mae',
  masking: { kind: 'random' },
  decoder: { channels: 16, depth: 1, heads: 2 },
  image: { height: 16, width: 16 },
});
const state = buildObjective(recipe, { generator: new Generator(0) }).state();

let files = 0;
const fresh = (ending: string) => join(folder, `${files++}${ending}`);

/** Weights without anything beside them. */
function bare(
  change: (entries: [string, ReturnType<typeof tensor>][]) => typeof entries = (x) => x,
) {
  const path = fresh('.pth');
  writeTorchFile(path, new Map(change([...state])));
  return path;
}

const heads = [
  { path: 'backbone.heads', value: 3 },
  { path: 'decoder.heads', value: 2 },
];

function convert(from: string, to: string, request: Partial<ConvertRequest> = {}) {
  const options = { overwrite: false, resizePositions: false, allow: [], assignments: heads };
  return convertWeights({ ...options, ...request, from, to });
}

describe('convertWeights', () => {
  test('goes around all forms without a change, recipe included', async () => {
    const [safetensors, pth, checkpoint] = [fresh('.safetensors'), fresh('.pth'), fresh('')];
    await convert(bare(), safetensors);
    await convert(safetensors, pth, { assignments: [] });
    await convert(pth, checkpoint, { assignments: [] });
    const { tensors, recipe: read } = openWeights(checkpoint);
    // Weights of unknown origin have been paired as the published code does.
    expect(read).toEqual({ ...recipe, decoder: { ...recipe.decoder, positions: 'published' } });
    for (const [name, value] of state)
      expect(tensors.get(name)?.toArray()).toEqual(value.toArray());
    expect(inspectWeights(pth)).toMatchObject({
      format: 'pytorch',
      model: { name: 'vit', recorded: true, open: [], fit: { missing: [], unexpected: [] } },
    });
  });

  test('asks for what the weights do not tell', async () => {
    const [assignment] = heads;
    await expect(
      convert(bare(), fresh('.pth'), { assignments: assignment ? [assignment] : [] }),
    ).rejects.toThrow(
      /^Expected weights of a known model .*, which do not determine decoder\.heads\.\n/,
    );
  });

  test('takes the rest from a recipe, but not how the weights were paired', async () => {
    const named = fresh('.yaml');
    writeFileSync(named, JSON.stringify(recipe));
    const to = fresh('.pth');
    await convert(bare(), to, { recipe: named, assignments: [] });
    expect(openWeights(to).recipe).toEqual({
      ...recipe,
      decoder: { ...recipe.decoder, positions: 'published' },
    });
  });

  test('refuses names that are missing or unexpected, unless they are allowed', async () => {
    const from = bare((entries) => [
      ...entries.filter(([name]) => name !== 'norm.bias'),
      ['pooler.dense.weight', tensor([1])],
    ]);
    await expect(convert(from, fresh('.pth'))).rejects.toThrow(
      'but got 1 missing names: norm.bias.',
    );
    await expect(convert(from, fresh('.pth'), { allow: ['norm.'] })).rejects.toThrow(
      'but got 1 unexpected names: pooler.dense.weight.\nAdd --allow',
    );
    const to = fresh('.safetensors');
    const { fit } = await convert(from, to, { allow: ['norm.', 'pooler'] });
    expect(fit).toMatchObject({ missing: ['norm.bias'], unexpected: ['pooler.dense.weight'] });
    const written = readSafetensors(to).tensors;
    expect(written.has('pooler.dense.weight')).toBe(false);
    expect(written.has('norm.weight')).toBe(true);
  });

  test('resizes positions only when it is asked to', async () => {
    const assignments = [...heads, { path: 'image', value: { height: 32, width: 32 } }];
    await expect(convert(bare(), fresh('.pth'), { assignments })).rejects.toThrow(
      /^Expected `decoder_pos_embed` of shape \[1, 65, 16\] in .* but got \[1, 17, 16\]\.\nAdd --resize-positions/,
    );
    const to = fresh('.pth');
    await convert(bare(), to, { assignments, resizePositions: true });
    const { tensors } = openWeights(to);
    expect(tensors.get('pos_embed')?.shape).toEqual([1, 65, 24]);
    expect(tensors.get('decoder_pos_embed')?.shape).toEqual([1, 65, 16]);
  });

  test('refuses another shape by name, unless it is allowed', async () => {
    const from = bare((entries) =>
      entries.map(([name, value]) => [name, name === 'norm.bias' ? tensor([1]) : value]),
    );
    await expect(convert(from, fresh('.pth'))).rejects.toThrow(
      /^Expected `norm\.bias` of shape \[24\] in .* but got \[1\]\.$/,
    );
    const { tensors } = await convert(from, fresh('.pth'), { allow: ['norm.bias'] });
    expect(tensors.has('norm.bias')).toBe(false);
  });

  test('changes the type of numbers with a fraction', async () => {
    const from = fresh('.safetensors');
    writeSafetensors(from, new Map([...state, ['count', tensor([1], { dtype: 'i64' })]]));
    const to = fresh('.safetensors');
    await convert(from, to, { dtype: 'bf16', allow: ['count'] });
    const types = [...readSafetensors(to).tensors.values()].map(({ dtype }) => dtype);
    expect(new Set(types)).toEqual(new Set(['bf16']));
  });

  test('passes on the weights of other networks as they are', async () => {
    const [from, to] = [fresh('.pt'), fresh('.safetensors')];
    writeTorchFile(from, { state_dict: { 'encoder.layer.0.output.dense.weight': tensor([1, 2]) } });
    expect(await convert(from, to, { assignments: [] })).toMatchObject({ model: undefined });
    expect(readSafetensors(to)).toMatchObject({ metadata: { format: 'pt' } });
    await expect(convert(from, fresh('.pth'))).rejects.toThrow('Name their model by --recipe.');
  });

  test('writes over nothing unless it is told to', async () => {
    const [file, taken] = [fresh('.pth'), folder];
    writeFileSync(file, 'mine');
    await expect(convert(bare(), file)).rejects.toThrow('but got a file.\nAdd --overwrite');
    await expect(convert(bare(), taken)).rejects.toThrow(/^Expected a .* but got|but got a folder/);
    await convert(bare(), file, { overwrite: true });
    expect(inspectWeights(file).tensors).toHaveLength(state.size);
    await expect(convert(bare(), fresh('.onnx'))).rejects.toThrow(
      'Expected a .safetensors or .pth file, or a folder, to write but got',
    );
    const below = join(file, 'folder');
    await expect(convert(bare(), below)).rejects.toThrow('but got: not a directory.');
  });

  test('replaces a folder of weights as a whole, and no other folder', async () => {
    const to = fresh('');
    await convert(bare(), to);
    const moments = join(to, 'optimizer.safetensors');
    writeSafetensors(moments, state);
    await convert(bare(), to, { overwrite: true });
    expect(readdirSync(to)).toEqual(['model.safetensors']);
    writeFileSync(join(to, 'state.json'), '{}');
    await expect(convert(bare(), to, { overwrite: true })).rejects.toThrow(
      `Expected nothing but weights to replace in ${to} but got state.json.`,
    );
  });

  test('knows no optimizer beside weights that it did not move', async () => {
    const to = fresh('');
    await convert(bare(), to);
    writeSafetensors(join(to, 'optimizer.safetensors'), state);
    expect(inspectWeights(to).optimizer).toBe(true);
    writeSafetensors(join(to, 'average.safetensors'), state);
    expect(inspectWeights(to).optimizer).toBe(false);
    expect(inspectWeights(join(to, 'model.safetensors')).optimizer).toBe(true);
  });

  test('leaves out what is no weights', async () => {
    const from = fresh('.pth');
    for (const content of [{}, { model: {} }, { model: { a: 1 } }, [1], { epoch: 3 }]) {
      writeTorchFile(from, content);
      await expect(convert(from, fresh('.pth'))).rejects.toThrow(/^Expected weights in .* but got/);
    }
  });
});

describe('published checkpoints', () => {
  const swin = 'checkpoints/um_mae_swin_zip.pth';

  test.skipIf(!isPublished(swin))('become checkpoints of ours, optimizer included', async () => {
    const to = fresh('');
    const assignments = [
      { path: 'backbone.window', value: 4 },
      { path: 'decoder.heads', value: 4 },
    ];
    const from = publishedPath(swin);
    expect(await convert(from, to, { assignments })).toMatchObject({ optimizer: 'written' });
    expect(readdirSync(to)).toEqual(['model.safetensors', 'optimizer.safetensors']);
    const weights = openWeights(to);
    const read = pretrainRecipeOf(weights);
    expect(read).toMatchObject({
      method: 'um-mae',
      masking: { secondaryRatio: 0.25 },
      decoder: { positions: 'published' },
      image: { height: 128, width: 128 },
    });
    const model = buildObjective(read, { generator: new Generator(0) });
    expect(model.loadState(weights.tensors).matched).toHaveLength(151);
    const { optimizer } = await convert(from, fresh('.pth'), { assignments });
    expect(optimizer).toBe('left out');
  });

  const resized = [
    ['ft_vit_80_cls', 80],
    ['ft_vit_192_pool', 192],
  ] as const;

  test.each(resized.filter(([name]) => isPublished(name)))(
    'positions are resized as in %s',
    async (name, side) => {
      const to = fresh('.safetensors');
      await convert(publishedPath('checkpoints/mae_vit_zip.pth'), to, {
        assignments: [
          { path: 'backbone.heads', value: 4 },
          { path: 'decoder.heads', value: 3 },
          { path: 'method', value: 'mae' },
          { path: 'masking', value: { kind: 'random', secondaryRatio: 0.25 } },
          { path: 'image', value: { height: side, width: side } },
        ],
        resizePositions: true,
      });
      const ours = openWeights(to).tensors.get('pos_embed');
      const theirs = publishedTensors(`${name}/weights.safetensors`);
      const expected = theirs.get('pos_embed');
      expect(expected && ours?.sub(expected).abs().amax().number()).toBeLessThan(1e-6);
    },
  );
});
