/**
 * Candidates for an objective in place of plain uniform masking, each with its source. None hides
 * visible units.
 */
import { arange, cat, crossEntropy, embedding, rand, randint, where } from '@um-mae/torch';
import { LayerNorm, Linear } from '@um-mae/torch/nn';
import { MaskedAutoencoder } from 'um-mae';

/**
 * Targets of oriented gradients (HOG) in place of pixels: MaskFeat, Wei et al. 2021,
 * arXiv:2112.09133, section 3. A unit has four cells, each with nine directions of three colours;
 * gradients at its border are one-sided.
 */
class Gradients extends MaskedAutoencoder {
  get values() {
    return 4 * 3 * directions;
  }

  get predictsPixels() {
    return false;
  }

  target(units) {
    const { unit } = this;
    const [batch, count] = units.sizes(3);
    const pixels = units.reshape([batch * count, unit, unit, 3]);
    const [dx, dy] = [difference(pixels, 2), difference(pixels, 1)];
    const along = Array.from({ length: directions }, (_, k) => {
      const angle = (Math.PI * (k + 0.5)) / directions;
      return dx
        .mul(Math.cos(angle))
        .add(dy.mul(Math.sin(angle)))
        .abs()
        .unsqueeze(-1);
    });
    const nearest = cat(along, { dim: -1 }).argmax({ dim: -1 }).unsqueeze(-1);
    const length = dx.square().add(dy.square()).add(1e-12).sqrt().unsqueeze(-1);
    const votes = nearest
      .eq(arange(0, directions, { dtype: 'i64' }))
      .to('f32')
      .mul(length);
    const cells = votes.view([batch * count, 2, unit / 2, 2, unit / 2, 3 * directions]);
    return normed(cells.sum([2, 4]).sqrt().reshape([batch, count, this.values]));
  }
}

const directions = 9;

/** Central differences along a dimension, one-sided at its ends. */
function difference(pixels, dim) {
  const length = pixels.shape[dim];
  const before = [pixels.narrow(dim, 0, 1), pixels.narrow(dim, 0, length - 1)];
  const after = [pixels.narrow(dim, 1, length - 1), pixels.narrow(dim, length - 1, 1)];
  return cat(after, { dim }).sub(cat(before, { dim }));
}

/** Values of mean 0 and variance 1 over the last dimension. */
function normed(x) {
  const deviation = x.var([-1], { correction: 1, keepdim: true }).add(1e-6).sqrt();
  return x.sub(x.mean([-1], { keepdim: true })).div(deviation);
}

/**
 * A second loss at the third stage, whose tokens are units, by the same decoder: LocalMIM, Wang et
 * al. 2023, arXiv:2303.05251, section 3.
 */
class Local extends MaskedAutoencoder {
  constructor(recipe, parts) {
    super(recipe, parts);
    const channels = this.encoder.channels[2];
    this.third_norm = new LayerNorm(channels, { epsilon: 1e-6 });
    this.third_embed = new Linear(channels, recipe.decoder.channels, parts);
  }

  forward(images, mask) {
    const units = this.unitsOf(images);
    const order = this.order(mask, this.dropped);
    const encoded = this.encoder.forward(this.visibleGrid(units, mask, order));
    const target = this.target(unitsAt(units, order.predicted));
    const input = this.decoderInput(encoded, order);
    const third = this.third_norm.forward(encoded.maps[2].flatten({ startDim: 1, endDim: 2 }));
    const early = this.third_embed.forward(third).add(embedding(this.positions, order.encoded));
    const losses = [input.seen, early].map((seen) => {
      const decoded = this.decoder.forward({ ...input, seen });
      return this.decoder_pred.forward(decoded).sub(target).square().mean();
    });
    return losses[0].add(losses[1]).mul(0.5);
  }
}

/** Units [batch, units, values] at i64 [batch, n]. */
function unitsAt(units, indices) {
  const [batch, count, values] = units.sizes(3);
  const offset = arange(0, batch, { dtype: 'i64' }).mul(count).unsqueeze(1);
  const rows = units.view([batch * count, values]).indexSelect(0, indices.add(offset).flatten());
  return rows.view([batch, -1, values]);
}

/** Two masks of each image that keep different corners of every cell, in one step. */
class Pairs extends MaskedAutoencoder {
  draw(batch, generator) {
    const { rows, columns } = this.grid;
    const cells = [batch, rows / 2, columns / 2];
    const first = this.drawMask(batch, generator);
    const corner = first.visible
      .view([batch, rows / 2, 2, columns / 2, 2])
      .permute([0, 1, 3, 2, 4])
      .reshape([...cells, 4])
      .to('u8')
      .argmax({ dim: -1 });
    const other = corner.add(randint(1, 4, cells, { generator, dtype: 'i64' })).remainder(4);
    const second = other
      .unsqueeze(-1)
      .eq(arange(0, 4, { dtype: 'i64' }))
      .view([...cells, 2, 2])
      .permute([0, 1, 3, 2, 4])
      .reshape([batch, rows * columns]);
    return { ...first, second, noise: rand([batch, 12], { generator }) };
  }

  forward(images, draws) {
    return this.compute(images, draws).loss;
  }

  /** Returns the loss, and the maps of both views. */
  compute(images, { visible, second, hidden, noise }) {
    const both = cat([images, this.secondView(images, noise)]);
    const shown = cat([visible, second]);
    const mask = { visible: shown, hidden: cat([hidden, hidden]), predicted: shown.logicalNot() };
    const units = this.unitsOf(both);
    const order = this.order(mask, this.dropped);
    const encoded = this.encoder.forward(this.visibleGrid(units, mask, order));
    const decoded = this.decoder.forward(this.decoderInput(encoded, order));
    const target = this.target(unitsAt(units, order.predicted));
    return { encoded, loss: this.decoder_pred.forward(decoded).sub(target).square().mean() };
  }

  secondView(images) {
    return images;
  }
}

/**
 * Beside it, the means of the two views of an image are told from those of other images: CMAE,
 * Huang et al. 2022, arXiv:2207.13532, with the loss of SimCLR (Chen et al. 2020, arXiv:2002.05709,
 * section 2.1). The second view is a part of the first, enlarged, mirrored, and changed in colour.
 */
class Contrast extends Pairs {
  #weight;

  constructor(recipe, parts, weight) {
    super(recipe, parts);
    this.#weight = weight;
    this.project1 = new Linear(this.encoder.width, 512, parts);
    this.project2 = new Linear(512, 128, parts);
  }

  forward(images, draws) {
    const { loss, encoded } = this.compute(images, draws);
    const means = encoded.maps[encoded.maps.length - 1].mean([1, 2]);
    const projected = this.project2.forward(this.project1.forward(means).gelu());
    const length = projected.square().sum([1], { keepdim: true }).add(1e-12).sqrt();
    const directions = projected.div(length);
    const [count] = directions.sizes(2);
    const place = arange(0, count, { dtype: 'i64' });
    const similar = directions.matmul(directions.t()).div(temperature);
    const others = similar.maskedFill(place.unsqueeze(1).eq(place), -1e9);
    const partner = place.add(count / 2).remainder(count);
    return loss.add(crossEntropy(others, partner).mul(this.#weight));
  }

  secondView(images, noise) {
    return recoloured(enlarged(images, noise), noise);
  }
}

const temperature = 0.2;

/** A random part of each image, half its side or more, brought to its size; half are mirrored. */
function enlarged(images, noise) {
  const [, , height, width] = images.sizes(4);
  const at = (column) => noise.narrow(1, column, 1);
  const size = at(9).mul(0.5).add(0.5);
  const free = size.mul(-1).add(1);
  // Weights of linear interpolation: [batch, out, in]
  const weights = (count, start, turned) => {
    const place = arange(0, count).add(0.5).div(count).unsqueeze(0);
    const from = place.add(turned.mul(place.mul(-2).add(1)));
    const source = start.add(size.mul(from)).mul(count).sub(0.5);
    const inside = source.clamp({ min: 0, max: count - 1 }).unsqueeze(2);
    return inside.sub(arange(0, count)).abs().mul(-1).add(1).clamp({ min: 0 });
  };
  const rows = weights(height, free.mul(at(10)), at(8).mul(0));
  const columns = weights(width, free.mul(at(11)), at(8).gt(0.5).to('f32'));
  return rows.unsqueeze(1).matmul(images).matmul(columns.transpose(1, 2).unsqueeze(1));
}

/** Random brightness and contrast, of all colours and of each; a fifth of the images in grey. */
function recoloured(images, noise) {
  const [batch, , height, width] = images.sizes(4);
  const around = (column, width, spread) => noise.narrow(1, column, width).sub(0.5).mul(spread);
  const gain = around(0, 1, 0.8)
    .add(around(1, 3, 0.4))
    .add(1)
    .view([batch, 3, 1, 1]);
  const bias = around(4, 1, 0.8)
    .add(around(5, 3, 0.4))
    .view([batch, 3, 1, 1]);
  const coloured = images.mul(gain).add(bias);
  const isGrey = noise.narrow(1, 0, 1).mul(977).remainder(1).lt(0.2).view([batch, 1, 1, 1]);
  const grey = coloured.mean([1], { keepdim: true }).expand([batch, 3, height, width]);
  return where(isGrey, grey, coloured);
}

const decoder = { channels: 128, depth: 1, heads: 4 };
const plain = { epochs: 10, batchSize: 64, peak: 1e-3 };

/**
 * The candidates: how each differs from the plain method, with epochs that cost about as much
 * processor time as its ten.
 */
export const candidates = {
  plain,
  gradients: { ...plain, build: (recipe, parts) => new Gradients(recipe, parts) },
  local: { ...plain, epochs: 8, build: (recipe, parts) => new Local(recipe, parts) },
  pairs: { ...plain, epochs: 5, build: (recipe, parts) => new Pairs(recipe, parts) },
  ...Object.fromEntries(
    [0.08, 0.2].map((weight) => [
      `contrast-${weight}`,
      { ...plain, epochs: 5, build: (recipe, parts) => new Contrast(recipe, parts, weight) },
    ]),
  ),
  cross: { ...plain, decoder: { ...decoder, kind: 'cross', predicted: 0.5 } },
  // MFM: Liu et al. 2023, arXiv:2308.00261, section 3.
  stages: { ...plain, decoder: { ...decoder, stages: 'all' } },
  'rate-2e-3': { ...plain, peak: 2e-3 },
  'rate-2e-3-stages': { ...plain, peak: 2e-3, decoder: { ...decoder, stages: 'all' } },
  'batch-32': { ...plain, batchSize: 32 },
  'batch-32-stages': { ...plain, batchSize: 32, decoder: { ...decoder, stages: 'all' } },
};
