/** Features in the few directions in which they vary most, for pictures of them. */
import { ok as assert } from 'node:assert';
import { callOperator, fromArray, noGrad, scope, Tensor } from '@um-mae/torch';
import { at } from '../at.js';
import type { FeatureRows } from './feature-file/feature-table.js';

export interface PrincipalComponents {
  /** [images, components], that of the largest variance first. */
  readonly values: Float32Array;
  readonly components: number;
  /** Share of the variance that each component has. */
  readonly explained: readonly number[];
}

/**
 * Computes the principal components of standardised features, in which the neighbours of images are
 * searched, too. Directions are those of the eigenvectors of the correlations (Pearson 1901;
 * Jolliffe 2002, Principal Component Analysis, section 2.3), signed so that the largest entry of
 * each is positive.
 *
 * @param most components; there are never more than channels
 */
export function principalComponents(rows: FeatureRows, most: number): PrincipalComponents {
  return scope(() =>
    noGrad(() => {
      const { mean, deviation, correlations } = moments(rows);
      const result = callOperator('aten::linalg_eigh', correlations);
      assert(Array.isArray(result));
      const [variances, vectors] = result;
      assert(variances instanceof Tensor && vectors instanceof Tensor);
      const components = Math.min(most, rows.channels);
      // The largest come last.
      const chosen = vectors.narrow(1, rows.channels - components, components).flip([1]);
      const signs = chosen.gather(0, chosen.abs().argmax({ dim: 0, keepdim: true })).sign();
      const basis = chosen.mul(signs).div(deviation.unsqueeze(1));
      const values = new Float32Array(rows.count * components);
      let first = 0;
      for (const piece of tensorsOf(rows)) {
        scope(() =>
          values.set(piece.sub(mean).matmul(basis).to('f32').toArray() as Float32Array, first),
        );
        first += at(piece.shape, 0) * components;
      }
      const all = [...(variances.clamp({ min: 0 }).toArray() as Float64Array)].reverse();
      const total = all.reduce((sum, variance) => sum + variance, 0);
      const explained = all.slice(0, components).map((variance) => variance / (total || 1));
      return { values, components, explained };
    }),
  );
}

/**
 * [channels], [channels], and [channels, channels]; channels that never change correlate with none.
 */
function moments(rows: FeatureRows) {
  const count = Math.max(1, rows.count);
  let sum: Tensor | undefined;
  for (const piece of tensorsOf(rows)) sum = sum ? sum.add(piece.sum(0)) : piece.sum(0);
  assert(sum, 'features of some images');
  const mean = sum.div(count);
  let products: Tensor | undefined;
  for (const piece of tensorsOf(rows)) {
    const centred = piece.sub(mean);
    const product = centred.t().matmul(centred);
    products = products ? products.add(product) : product;
  }
  assert(products, 'features of some images');
  const covariances = products.div(count);
  const deviation = covariances.diagonal().sqrt().clamp({ min: 1e-6 });
  const correlations = covariances.div(deviation.unsqueeze(0)).div(deviation.unsqueeze(1));
  return { mean, deviation, correlations };
}

/** f64 [piece, channels] */
function* tensorsOf(rows: FeatureRows): Generator<Tensor> {
  for (const values of rows.pieces()) {
    const shape = [values.length / rows.channels, rows.channels];
    yield fromArray(values, { shape }).to('f64');
  }
}
