/**
 * Pre-trains swin-micro at 64 pixels for 20 epochs on a folder of photos, and draws its loss.
 *
 *     node experiments/photos/run.mjs ../shared/data/photos
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { epochLosses, writeCurves } from '../curves.mjs';

const [photos] = process.argv.slice(2);
const root = fileURLToPath(new URL('../..', import.meta.url));
const run = join(mkdtempSync(join(tmpdir(), 'photos-')), 'run');
const options = ['--model', 'swin-micro', '--epochs', '20', '--seed', '0', '--out', run];
execFileSync(
  'node',
  [join(root, 'packages/um-mae/bin/um-mae.js'), 'pretrain', '--data', photos, ...options],
  {
    stdio: 'inherit',
  },
);
const losses = epochLosses(run);
writeCurves(join(root, 'docs/images/photos-loss.svg'), {
  title: 'swin-micro, 64 px, 300 photos: loss of the dropped units',
  series: [{ name: 'um-mae', color: '#d65c24', losses }],
});
copyFileSync(join(run, 'images/epoch-0020.png'), join(root, 'docs/images/photos-sheet.png'));
copyFileSync(join(run, 'metrics.jsonl'), join(root, 'experiments/photos/metrics.jsonl'));
rmSync(run, { recursive: true });
process.stdout.write(`${losses.map((loss) => loss.toFixed(3)).join(' ')}\n`);
