import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { scope } from '@um-mae/torch';
import { describe, expect, test } from 'vitest';
import { runClassifierCase } from './classifier-case.js';
import { readFixture } from './fixture.js';
import { runUtilityCase } from './utility-case.js';

const fixtures = new URL('../../../../../shared/fixtures/', import.meta.url);
const hasFixtures = existsSync(fixtures);

describe.skipIf(!hasFixtures)('fine-tuning as published (needs ../shared/fixtures)', () => {
  test.each(['ft_swin', 'ft_pvt_160', 'ft_vit_192_pool', 'ft_vit_80_cls', 'util'])('%s', (name) => {
    const fixture = readFixture(fileURLToPath(new URL(name, fixtures)));
    const rows = scope(() =>
      'classifier' in fixture ? runClassifierCase(fixture) : runUtilityCase(fixture.json),
    );
    expect(rows.length).toBeGreaterThan(5);
    expect(rows.filter(({ passed }) => !passed)).toEqual([]);
  });
});
