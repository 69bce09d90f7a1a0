/**
 * A target of one's own: masked autoencoding that predicts each unit's low frequencies in place of
 * its pixels, after PixMIM (Liu et al. 2023, arXiv:2303.02416, section 3.2): here the means of 4x4
 * squares.
 */
import { avgPool2d, type Tensor } from '@um-mae/torch';
import { MaskedAutoencoder, type OwnObjective } from 'um-mae';

const side = 4;

class LowFrequencies extends MaskedAutoencoder {
  /** Numbers that are predicted of a unit: the squares of three colours. */
  protected override get values(): number {
    return 3 * (this.unit / side) ** 2;
  }

  /** The sheets then show feature maps in place of pixels. */
  override get predictsPixels(): boolean {
    return false;
  }

  protected override target(units: Tensor): Tensor {
    const { unit } = this;
    const [batch, count] = units.sizes(3);
    const pixels = units.reshape([batch * count, unit, unit, 3]).permute([0, 3, 1, 2]);
    return avgPool2d(pixels, [side, side]).reshape([batch, count, this.values]);
  }
}

/** Masked autoencoding of low frequencies. */
export const lowFrequencies: OwnObjective = {
  name: 'low-frequencies',
  values: { side },
  build: (recipe, parts) => new LowFrequencies(recipe, parts),
};
