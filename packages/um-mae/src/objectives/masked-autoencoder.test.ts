import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Generator, noGrad, randn, type Tensor } from '@um-mae/torch';
import { readSafetensors, writeSafetensors } from '@um-mae/torch/serialization';
import { expectClose, gradcheck } from '@um-mae/torch/testing';
import { describe, expect, test } from 'vitest';
import { patchify } from '../backbones/parts/patches.js';
import { backbonePresets } from '../backbones/presets.js';
import { MaskedAutoencoder, type MaskedAutoencoderOptions } from './masked-autoencoder.js';
import { normalisePatches } from './pixel-target.js';

const fixtures = fileURLToPath(new URL('../../../../../shared/fixtures/', import.meta.url));
const parity = fileURLToPath(new URL('../parity/main.js', import.meta.url));

const small = {
  backbone: {
    kind: 'swin',
    channels: 4,
    depths: [1, 1, 2, 1],
    heads: [1, 1, 1, 2],
    window: 4,
    positionChannels: 3,
    patch: 2,
  },
  image: { height: 32, width: 64 },
  masking: { kind: 'uniform', cell: [2, 2], secondaryRatio: 0.25, corners: 'independent' },
  decoder: { kind: 'dense', channels: 8, depth: 1, heads: 2, positions: 'aligned' },
  normPixels: true,
} as const satisfies MaskedAutoencoderOptions;

function build(changes: Partial<MaskedAutoencoderOptions> = {}, seed = 1) {
  const generator = new Generator(seed);
  const model = new MaskedAutoencoder({ ...small, ...changes }, { generator });
  const { height, width } = model.options.image;
  const images = randn([2, 3, height, width], { generator });
  return { model, images, mask: model.drawMask(2, generator), generator };
}

const parametersOf = (model: MaskedAutoencoder) =>
  [...model.namedParameters().values()].reduce((sum, parameter) => sum + parameter.elements, 0);

describe('MaskedAutoencoder', () => {
  test('names its tensors as published checkpoints do', () => {
    const names = [...build().model.state().keys()];
    expect(names.slice(0, 5)).toEqual([
      'vis_mask_token',
      'mask_token',
      'decoder_pos_embed',
      'patch_embed.proj.weight',
      'patch_embed.proj.bias',
    ]);
    expect(names).toContain('blocks.1.downsample.proj.weight');
    expect(names).toContain('blocks.4.attn.posmlp.2.bias');
    expect(names).toContain('decoder_blocks.0.mlp.fc2.weight');
  });

  test.each([
    ['swin-tiny', 35_774_346],
    ['swin-micro', 8_354_643],
  ] as const)('has the parameters of %s', (name, count) => {
    const backbone = backbonePresets[name];
    const decoder = {
      kind: 'dense',
      channels: 512,
      depth: 2,
      heads: 16,
      positions: 'aligned',
    } as const;
    const image = { height: 256, width: 256 };
    expect(parametersOf(build({ backbone, decoder, image }).model)).toBe(count);
  });

  test('has no token for hidden units without secondary masking', () => {
    const masking = { ...small.masking, secondaryRatio: 0 };
    expect(build({ masking }).model.state().has('vis_mask_token')).toBe(false);
  });

  test('takes the loss over dropped units only', () => {
    const { model, images, mask } = build();
    noGrad(() => {
      const units = patchify(images, model.unit);
      const error = model.predict(images, mask).sub(normalisePatches(units)).square().mean([-1]);
      const dropped = error.maskedSelect(mask.visible.logicalNot()).mean();
      expectClose(model.forward(images, mask), dropped, { atol: 1e-5 });
    });
  });

  test('does not see the content of dropped or hidden units', () => {
    const { model, images, mask } = build();
    noGrad(() => {
      const unseen = mask.visible.logicalNot().logicalOr(mask.hidden);
      const [batch, , height, width] = images.sizes(4);
      const pixels = unseen
        .view([batch, 1, height / 8, 1, width / 8, 1])
        .expand([batch, 3, height / 8, 8, width / 8, 8])
        .reshape(images.shape);
      const changed = images.maskedFill(pixels, 5);
      expectClose(model.predict(changed, mask), model.predict(images, mask), { atol: 0 });
    });
  });

  test('gives each vector its own position when aligned, and another when published', () => {
    const { model, images, mask } = build();
    const published = build({ decoder: { ...small.decoder, positions: 'published' } }).model;
    noGrad(() => {
      const aligned = model.forward(images, mask).number();
      expect(published.forward(images, mask).number()).not.toBeCloseTo(aligned, 6);
    });
  });

  test('keeps the numbers of one image whatever else is in the batch', () => {
    const { model, images, mask } = build();
    const second = (x: Tensor) => x.narrow(0, 1, 1);
    const alone = { visible: second(mask.visible), hidden: second(mask.hidden) };
    noGrad(() => {
      const together = second(model.predict(images, mask));
      expectClose(model.predict(second(images), alone), together, { atol: 2e-5 });
    });
  });

  test('rejects image sizes that the grid does not divide', () => {
    expect(() => build({ image: { height: 250, width: 64 } })).toThrow(
      'Expected an image size that is a multiple of 32 pixels but got 250x64; the nearest is 256x64.',
    );
  });

  test('rejects random masking, and says why', () => {
    const masking = { kind: 'random', ratio: 0.75, secondaryRatio: 0 } as const;
    expect(() => build({ masking })).toThrow('which leaves no regular grid');
  });

  test('has the gradients of finite differences in float64', () => {
    const { model, images, mask } = build({ image: { height: 32, width: 32 } });
    model.to('f64');
    const exact = images.to('f64').detach();
    const checked = [
      'vis_mask_token',
      'mask_token',
      'patch_embed.proj.bias',
      'blocks.4.attn.qkv.bias',
    ];
    const parameters = checked.map((name) => model.namedParameters().get(name) as Tensor);
    gradcheck(() => model.forward(exact, mask), parameters);
  });
});

describe.skipIf(!existsSync(fixtures))('parity (needs ../shared/fixtures)', () => {
  const cases = [
    ...['um_mae_swin_vmr025', 'um_mae_swin_plain', 'um_mae_pvt_vmr025'],
    ...['mae_vit_random', 'mae_vit_uniform_vmr025', 'simmim_swin', 'simmim_pvt'],
    ...['train_um_mae_swin', 'train_mae_vit'],
  ];

  test('holds for every pre-training case', () => {
    const folders = cases.map((name) => join(fixtures, name));
    const report = execFileSync('node', [parity, ...folders], { encoding: 'utf8' });
    expect(report.match(/^(\d+) of \1 within tolerance$/gm)).toHaveLength(cases.length);
  });

  test('fails when a published number differs', () => {
    const folder = mkdtempSync(join(tmpdir(), 'parity-'));
    try {
      cpSync(join(fixtures, 'um_mae_swin_plain'), folder, { recursive: true, mode: 0 });
      const file = join(folder, 'expected.safetensors');
      const { tensors } = readSafetensors(file);
      const latent = tensors.get('latent') as Tensor;
      rmSync(file);
      writeSafetensors(file, new Map([...tensors, ['latent', latent.add(1e-3)]]));
      const run = spawnSync('node', [parity, folder], { encoding: 'utf8' });
      expect(run.stdout).toMatch(/^latent .*OUT OF TOLERANCE$/m);
      expect(run.status).toBe(1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('says when a folder holds no case that it can run', () => {
    const run = spawnSync('node', [parity, tmpdir()], { encoding: 'utf8' });
    expect(run.stderr).toContain('Expected a parity case in');
    expect(run.status).toBe(2);
  });

  test('draws initial weights as published', () => {
    const util = JSON.parse(readFileSync(join(fixtures, 'util/case.json'), 'utf8')) as {
      initialisation: Record<
        string,
        { parameters: Record<string, { std: number; min: number; max: number; shape: number[] }> }
      >;
    };
    const published = util.initialisation.mae_swin_tiny_256?.parameters ?? {};
    const { model } = build({
      backbone: backbonePresets['swin-tiny'],
      decoder: { kind: 'dense', channels: 512, depth: 2, heads: 16, positions: 'aligned' },
      image: { height: 256, width: 256 },
    });
    const state = model.state();
    expect([...state.keys()]).toEqual(expect.arrayContaining(Object.keys(published)));
    for (const [name, theirs] of Object.entries(published)) {
      const ours = state.get(name) as Tensor;
      expect(ours.shape, name).toEqual(theirs.shape);
      if (ours.elements < 1000) continue;
      const std = ours.detach().std().number();
      expect(Math.abs(std - theirs.std), name).toBeLessThanOrEqual(0.1 * theirs.std + 1e-8);
    }
  });
});
