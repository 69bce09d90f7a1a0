/** The contract that every head on a backbone keeps, as tests. */
import { Generator, noGrad, randn, type Tensor } from '@um-mae/torch';
import type { Module } from '@um-mae/torch/nn';
import { expectClose } from '@um-mae/torch/testing';
import { describe, expect, test } from 'vitest';
import type { Backbone, ImageSize } from '../../backbones/backbone.js';
import { resizeTable } from '../../backbones/parts/positions/resized-table.js';

/** A backbone with a head, whose tensors are named as those of the backbone and the head alone. */
export interface HeadedModel extends Module {
  readonly encoder: Backbone;
  forward(images: Tensor): Tensor;
}

/** A head on one backbone, as the suite tests it. */
export interface HeadCase {
  /** The shape of what the head gives for each image. */
  readonly shape: readonly number[];
  /** The names of the head's own tensors, in their order, behind those of the backbone. */
  readonly names: readonly string[];
  build(image: ImageSize, generator: Generator): HeadedModel;
}

/** Checks a head on one backbone, whose strides divide 32 pixels. */
export function describeHead(name: string, { shape, names, build }: HeadCase): void {
  const image = { height: 32, width: 64 };
  const small = { height: 32, width: 32 };
  const built = (seed: number, size: ImageSize = image) => build(size, new Generator(seed));
  const imagesOf = ({ height, width }: ImageSize, batch = 3) =>
    randn([batch, 3, height, width], { generator: new Generator(2) });
  const model = built(1);
  const images = imagesOf(image);
  const forward = (one: HeadedModel, pixels = images) => noGrad(() => one.forward(pixels));

  describe(name, () => {
    test('gives finite numbers of its shape for each image', () => {
      const outputs = forward(model);
      expect(outputs.shape).toEqual([3, ...shape]);
      expect(outputs.isfinite().all().item()).toBe(true);
    });

    test('names its tensors behind those of the backbone, which have no prefix', () => {
      const own = [...model.state().keys()];
      const encoder = [...model.encoder.state().keys()];
      expect(own).toEqual([...encoder, ...names]);
    });

    test('lets gradients reach every parameter, positions included', () => {
      const trained = built(4);
      const buffer = /\.(?:running_mean|running_var|num_batches_tracked)$/;
      const learnt = [...trained.state().keys()].filter((key) => !buffer.test(key));
      expect([...trained.namedParameters().keys()]).toEqual(learnt);
      trained.forward(images).square().sum().backward();
      for (const [key, parameter] of trained.namedParameters())
        expect(parameter.grad?.isfinite().all().item(), key).toBe(true);
    });

    test('is the same from the same seed, and another from another', () => {
      expectClose(forward(built(5)), forward(built(5)), { atol: 0 });
      expect(forward(built(5)).equal(forward(built(6)))).toBe(false);
    });

    test('gives the same after its state is loaded into another, and refuses another state', () => {
      const [source, target] = [built(7), built(8)];
      noGrad(() => target.loadState(source.state()));
      expectClose(forward(target), forward(source), { atol: 0 });
      const [last = ''] = names.slice(-1);
      const missing = new Map([...source.state()].filter(([key]) => key !== last));
      expect(() => target.loadState(missing)).toThrow(last);
    });

    test('draws nothing in evaluation, so that it gives the same twice', () => {
      const evaluated = built(9).eval() as HeadedModel;
      expectClose(forward(evaluated), forward(evaluated), { atol: 0 });
    });

    test('treats the images of a batch apart', () => {
      const evaluated = built(10).eval() as HeadedModel;
      const alone = forward(evaluated, images.narrow(0, 1, 1));
      expectClose(forward(evaluated).narrow(0, 1, 1), alone, { atol: 1e-7 });
    });

    test('takes images of another size, with its positions resized', () => {
      const [large, other] = [built(10), built(11, small)];
      noGrad(() => {
        const state = large.state();
        const table = state.get('pos_embed');
        table?.normal_({ generator: new Generator(12) });
        // Heads may begin so small that all they give is nearly 0.
        for (const key of names)
          if (key.endsWith('.weight')) state.get(key)?.normal_({ generator: new Generator(13) });
        const { hasClassToken, patch } = large.encoder;
        const from = { rows: image.height / patch, columns: image.width / patch };
        const to = { rows: small.height / patch, columns: small.width / patch };
        const front = hasClassToken ? 1 : 0;
        if (table) state.set('pos_embed', resizeTable(table, { from, to, front }));
        other.loadState(state);
      });
      const pixels = imagesOf(small, 2);
      expectClose(forward(large, pixels), forward(other, pixels), { atol: 1e-4 });
    });
  });
}
