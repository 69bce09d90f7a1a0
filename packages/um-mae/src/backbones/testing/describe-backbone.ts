/** The contract that every family of backbones keeps, as tests. */
import { Generator, memory, noGrad, randn, scope, Tensor } from '@um-mae/torch';
import { Conv2d, Linear, type Module, observing } from '@um-mae/torch/nn';
import { expectClose } from '@um-mae/torch/testing';
import { describe, expect, test } from 'vitest';
import { at } from '../../at.js';
import type { Backbone, BackboneParts, ImageSize } from '../backbone.js';
import type { BackboneFamily } from '../family.js';
import { Mlp } from '../parts/blocks/mlp.js';
import { PatchEmbedding } from '../parts/grid/patch-embedding.js';
import { fullGrid } from '../parts/grid/patch-grid.js';
import { resizeTable } from '../parts/positions/resized-table.js';
import { sizesIn } from '../parts/weight-shapes.js';

/** A family under test. */
export interface FamilyCase<Options extends { readonly kind: string }> {
  readonly family: BackboneFamily<Options>;
  /** A small backbone whose strides divide 64 pixels. */
  readonly options: Options;
  build(options: Options, image: ImageSize, parts: BackboneParts): Backbone;
}

/** Checks a family by one of its backbones. */
export function describeBackbone<Options extends { readonly kind: string }>(
  name: string,
  { family, options, build }: FamilyCase<Options>,
): void {
  const image = { height: 64, width: 96 };
  const small = { height: 64, width: 64 };
  const made = (size: ImageSize, seed = 5) => {
    const backbone = build(options, size, { generator: new Generator(seed) });
    return backbone.eval() as Backbone;
  };
  const imagesOf = ({ height, width }: ImageSize, batch = 2) =>
    randn([batch, 3, height, width], { generator: new Generator(6) });
  const backbone = made(image);
  const images = imagesOf(image);

  describe(name, () => {
    test('has options that its schema takes as they are, and no others', () => {
      expect(family.options.parse(options)).toEqual(options);
      expect(options.kind).toBe(family.kind);
      expect(family.options.safeParse({ ...options, unheard: 1 }).success).toBe(false);
      for (const preset of Object.values(family.presets))
        expect(family.options.parse(preset)).toEqual(preset);
    });

    test('has what its options say, before it is built and after', () => {
      const shape = family.shape(options);
      for (const key of Object.keys(shape))
        expect(Reflect.get(backbone, key), key).toEqual(Reflect.get(shape, key));
      expect(at(shape.strides, -1)).toBe(shape.unit * shape.unitsPerToken);
      expect(backbone.width).toBe(at(shape.channels, -1));
    });

    test('gives one map per stage, of the strides and channels that it has', () => {
      const shapes = noGrad(() => backbone.features(images)).map((map) => map.shape);
      expect(shapes).toEqual(
        backbone.strides.map((stride, i) => [2, 64 / stride, 96 / stride, backbone.channels[i]]),
      );
    });

    test('gives a class token where it has one', () => {
      const { classToken } = noGrad(() => backbone.forward(fullGrid(images, backbone.patch)));
      const expected = backbone.hasClassToken ? [2, 1, backbone.width] : undefined;
      expect(classToken?.shape).toEqual(expected);
    });

    test('treats the images of a batch apart', () => {
      const [both, alone] = noGrad(() => [
        backbone.features(images),
        backbone.features(images.narrow(0, 1, 1)),
      ]);
      for (const [i, map] of both?.entries() ?? [])
        expectClose(map.narrow(0, 1, 1), at(alone ?? [], i), { atol: 2e-5 });
    });

    test('is the same from the same seed', () => {
      const [first, second] = [made(image, 9).state(), made(image, 9).state()];
      expect([...first.keys()]).toEqual([...second.keys()]);
      for (const [key, tensor] of first) expectClose(tensor, get(second, key), { atol: 0 });
    });

    test('lets gradients reach every parameter', () => {
      const maps = backbone.features(images);
      at(maps, -1).square().sum().backward();
      for (const [key, parameter] of backbone.namedParameters()) {
        expect(parameter.grad?.isfinite().all().item(), key).toBe(true);
        parameter.grad = undefined;
      }
    });

    test('takes a learned token in the place of hidden ones', () => {
      const grid = fullGrid(images, backbone.patch);
      const [batch, rows, columns] = grid.pixels.sizes(4);
      const where = randn([batch, rows, columns, 1], { generator: new Generator(7) }).gt(0);
      const token = randn([1, 1, at(backbone.channels, 0)], { generator: new Generator(8) });
      const embedded = noGrad(() => {
        const replaced = { where, token, normed: false };
        return backbone.patch_embed.forward({ pixels: grid.pixels, replaced });
      });
      const hidden = embedded.maskedSelect(where).view([-1, at(backbone.channels, 0)]);
      expectClose(hidden, token.view([1, -1]).expand(hidden.shape), { atol: 0 });
    });

    test('takes images of another size, with its positions resized', () => {
      const [large, other] = [made(image), made(small)];
      noGrad(() => {
        const state = large.state();
        const generator = new Generator(11);
        state.get('pos_embed')?.normal_({ generator });
        const front = large.hasClassToken ? 1 : 0;
        const { patch } = large;
        const from = { rows: image.height / patch, columns: image.width / patch };
        const to = { rows: small.height / patch, columns: small.width / patch };
        const table = state.get('pos_embed');
        if (table) state.set('pos_embed', resizeTable(table, { from, to, front }));
        other.loadState(state);
        const pixels = imagesOf(small);
        for (const [i, map] of large.features(pixels).entries())
          expectClose(map, at(other.features(pixels), i), { atol: 1e-4 });
      });
    });

    test('is inferred from its weights, as far as they show it', () => {
      const reading = family.infer(sizesIn(backbone.state()));
      expect(options).toMatchObject(reading?.inferred ?? expect.fail('no reading'));
      const found = { ...reading?.inferred, ...reading?.varying, ...reading?.assumed };
      expect(Object.keys(found).sort()).toEqual(Object.keys(options).sort());
      for (const left of ['patch_embed.proj.weight', 'blocks.0.norm1.weight']) {
        const others = [...backbone.state()].filter(([key]) => key !== left);
        expect(family.infer(sizesIn(new Map(others))), left).toBeUndefined();
      }
    });

    test('counts the products that its layers compute', () => {
      const alone = images.narrow(0, 0, 1);
      const counted = countedProducts(backbone, () => backbone.features(alone));
      const [rows, columns] = [image.height, image.width].map((side) => side / backbone.patch);
      const grid = { height: rows ?? 0, width: columns ?? 0, isCompact: false };
      expect(family.arithmetic(options, grid)).toMatchObject(counted);
    });

    test('gives places of an image the mean attention of 1, where it has attention', () => {
      const alone = imagesOf(small, 1);
      const attentionOf = () => noGrad(() => scope(() => backbone.attentionReceived?.(alone)));
      const maps = attentionOf();
      if (!maps) return;
      expect(maps).toHaveLength(backbone.strides.length);
      for (const map of maps) {
        const values = Array.from(map.contiguous().toArray(), Number);
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        // A class token gets some of it.
        if (backbone.hasClassToken) expect(Math.abs(mean - 1)).toBeLessThan(0.2);
        else expect(mean).toBeCloseTo(1, 4);
        expect(Math.max(...values)).toBeGreaterThan(Math.min(...values));
        map.dispose();
      }
      for (const [key, tensor] of backbone.namedParameters())
        if (/attn\.(q|qkv|posmlp\.2)\./.test(key)) noGrad(() => tensor.zero_());
      // Who compares nothing looks at everything alike.
      for (const map of attentionOf() ?? []) expectClose(map, map.mul(0).add(1), { atol: 1e-5 });
      const before = memory().tensors;
      for (const map of attentionOf() ?? []) map.dispose();
      expect(memory().tensors).toBe(before);
    });
  });
}

function get(tensors: ReadonlyMap<string, Tensor>, name: string): Tensor {
  return tensors.get(name) ?? expect.fail(`no ${name}`);
}

/**
 * Multiply-accumulates of the layers that `body` runs, by the sizes of their weights and of what
 * they give.
 */
function countedProducts(model: Module, body: () => unknown) {
  const counted = { patchEmbedding: 0, attentionProjections: 0, mlp: 0, downsample: 0 };
  const tokensOf = (output: Tensor, weight: Tensor) => output.elements / (weight.shape[0] ?? 0);
  observing(
    model,
    ({ path, module, output }) => {
      if (!(output instanceof Tensor)) return;
      if (module instanceof PatchEmbedding) {
        const { weight } = module.proj;
        counted.patchEmbedding += tokensOf(output, weight) * weight.elements;
      } else if (module instanceof Mlp) {
        const { fc1, fc2 } = module;
        counted.mlp += tokensOf(output, fc2.weight) * (fc1.weight.elements + fc2.weight.elements);
      } else if (module instanceof Linear || module instanceof Conv2d) {
        const products = tokensOf(output, module.weight) * module.weight.elements;
        if (path.includes('downsample')) counted.downsample += products;
        else if (path.includes('.attn.') && !path.includes('posmlp'))
          counted.attentionProjections += products;
      }
    },
    body,
  );
  return counted;
}
