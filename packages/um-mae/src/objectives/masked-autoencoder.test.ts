import { Generator, noGrad, randn, type Tensor } from '@um-mae/torch';
import { expectClose, gradcheck } from '@um-mae/torch/testing';
import { describe, expect, test } from 'vitest';
import { backbonePresets } from '../backbones/families.js';
import { patchify } from '../backbones/parts/grid/patches.js';
import { publishedText } from '../parity/published/published-files.js';
import { MaskedAutoencoder, type MaskedAutoencoderOptions } from './masked-autoencoder.js';
import { normalisePatches } from './pixel-target.js';

const small = {
  backbone: {
    kind: 'swin',
    channels: 4,
    depths: [1, 1, 2, 1],
    heads: [1, 1, 1, 2],
    window: 4,
    positionChannels: 3,
    patch: 2,
    mlpRatio: 4,
    epsilon: 1e-6,
  },
  image: { height: 32, width: 64 },
  masking: { kind: 'uniform', cell: [2, 2], secondaryRatio: 0.25, corners: 'independent' },
  decoder: {
    kind: 'dense',
    channels: 8,
    depth: 1,
    heads: 2,
    mlpRatio: 4,
    epsilon: 1e-6,
    stages: 'last',
    positions: 'aligned',
  },
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
      mlpRatio: 4,
      epsilon: 1e-6,
      stages: 'last',
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
      'Expected an image size that is a multiple of 32 pixels but got 250x64; the nearest are 224x64 and 256x64.',
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

describe('initial weights', () => {
  test('are drawn as published', () => {
    const util = JSON.parse(publishedText('util/case.json')) as {
      initialisation: Record<
        string,
        { parameters: Record<string, { std: number; min: number; max: number; shape: number[] }> }
      >;
    };
    const published = util.initialisation.mae_swin_tiny_256?.parameters ?? {};
    const { model } = build({
      backbone: backbonePresets['swin-tiny'],
      decoder: { ...small.decoder, channels: 512, depth: 2, heads: 16 },
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
