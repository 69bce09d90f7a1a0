/** `um-mae recipes`: the named recipes, and what the published runs of them reached. */
import type { Command } from 'commander';
import { type PublishedRecipe, publishedRecipes } from '../../recipes/pretrain/published.js';

const deviceCounts = [1, 2, 4, 8] as const;

export function addRecipes(program: Command): void {
  program
    .command('recipes')
    .description('List the recipes of published results, with what they reached')
    .option('--json', 'print one JSON object per line')
    .action(({ json }: { json?: boolean }) => {
      const recipes: [string, PublishedRecipe][] = Object.entries(publishedRecipes);
      if (json)
        for (const [name, recipe] of recipes) console.log(JSON.stringify({ name, ...recipe }));
      else print(recipes);
    });
}

function print(recipes: readonly [string, PublishedRecipe][]): void {
  console.log(
    'name                    top-1 %  hours on 8 GPUs  images a step on 1, 2, 4, 8 devices',
  );
  for (const [name, { recipe, topOne, hours }] of recipes) {
    const { batchSize, accumulation } = recipe;
    const shares = deviceCounts.map((devices) => `${batchSize}x${accumulation / devices}`);
    const columns = [
      name.padEnd(23),
      topOne.toFixed(2).padStart(7),
      (hours?.toFixed(1) ?? '-').padStart(16),
      ` ${shares.join(', ')}`,
    ];
    console.log(columns.join(' '));
  }
  console.log('\nRun one: um-mae pretrain --recipe swin-tiny-um-200e --data FOLDER');
}
