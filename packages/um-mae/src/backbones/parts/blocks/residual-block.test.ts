import { Generator } from '@um-mae/torch';
import { describe, expect, test } from 'vitest';
import { buildBackbone } from '../../build.js';
import { type BackboneOptions, backbonePresets } from '../../families.js';
import { blocksOf, setDropPath } from './residual-block.js';

const image = { height: 64, width: 64 };
const kinds: Readonly<Record<string, BackboneOptions>> = {
  swin: { ...backbonePresets['swin-micro'], depths: [1, 1, 2, 1] },
  pvt: { ...backbonePresets['pvt-tiny'], depths: [1, 1, 2, 1] },
  vit: { ...backbonePresets['vit-small'], depth: 5, channels: 16, heads: 2 },
};

describe.each(Object.entries(kinds))('setDropPath of %s', (_, options) => {
  test('rises linearly over the blocks', () => {
    const generator = new Generator(0);
    const backbone = buildBackbone(options, image, { generator });
    setDropPath(backbone, { rate: 0.2, generator });
    const rates = blocksOf(backbone).map(({ dropPath }) => dropPath.rate);
    const expected = [0, 0.05, 0.1, 0.15, 0.2];
    expect(rates).toHaveLength(5);
    for (const [i, rate] of rates.entries()) expect(rate).toBeCloseTo(expected[i] ?? 1, 10);
  });
});
