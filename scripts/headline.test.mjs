/** The headline's commands: its README has them, and a rehearsal changes values that recipes have. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { imageClasses, rehearsal, steps } from '../examples/headline/plan.mjs';
import { composeRecipe } from '../packages/um-mae/dist/recipes/compose.js';
import { composeFinetuneRecipe } from '../packages/um-mae/dist/recipes/finetune/compose-finetune.js';
import { parseAssignment } from '../packages/um-mae/dist/recipes/values/assignments.js';

test('the README has the three commands', () => {
  const text = readFileSync(new URL('../examples/headline/README.md', import.meta.url), 'utf8');
  const joined = text.replaceAll(/\\\n\s*/g, '');
  for (const { args } of steps) expect(joined).toContain(`um-mae ${args.join(' ')}`);
});

/** The values of flags, and those of `--set`. */
function valuesOf(args) {
  const flags = new Map();
  const assignments = [];
  for (let i = 1; i < args.length; i += 2) {
    if (args[i] === '--set') assignments.push(parseAssignment(args[i + 1]));
    else flags.set(args[i].slice(2), args[i + 1]);
  }
  return { flags, assignments };
}

test('a rehearsal takes the same recipes with values that they accept', async () => {
  const tasks = [];
  for (const { args, epochs } of rehearsal({ share: 0.01, values: [] })) {
    expect(epochs).toBe(1);
    const { flags, assignments } = valuesOf(args);
    const [model, recipe] = [flags.get('model'), flags.get('recipe')];
    const data = ['train', 'val'].map((part) => ({ path: `data.${part}`, value: part }));
    const from = { path: 'from', value: 'weights' };
    const composed =
      args[0] === 'pretrain'
        ? await composeRecipe({ model, recipe, fallback: {}, assignments })
        : await composeFinetuneRecipe({
            model,
            recipe,
            assignments: [...data, from, ...assignments],
          });
    tasks.push(composed.task);
    expect(composed.warmup).toEqual({ share: 0.1 });
  }
  expect(tasks).toEqual(['pretrain', 'classification', 'instances']);
});

test('images without classes get those of their largest objects, or of their number', () => {
  const annotations = (classes) => ({
    images: Array.from({ length: 24 }, (_, id) => ({ id, file_name: `${id}.png` })),
    categories: [
      { id: 1, name: 'cat', supercategory: 'animal' },
      { id: 2, name: 'bus', supercategory: 'vehicle' },
    ],
    annotations: Array.from({ length: 24 }, (_, id) => [
      { image_id: id, category_id: 1, area: 10 },
      ...(id < 12 ? [{ image_id: id, category_id: classes, area: 20 }] : []),
    ]).flat(),
  });
  const two = imageClasses({ train: annotations(2), val: annotations(2) });
  expect(new Map(two.train).get('3.png')).toBe('vehicle');
  expect(new Map(two.val).get('20.png')).toBe('animal');
  const one = imageClasses({ train: annotations(1), val: annotations(1) });
  expect(new Map(one.train).get('3.png')).toBe('many');
  expect(new Map(one.train).get('20.png')).toBe('few');
});
