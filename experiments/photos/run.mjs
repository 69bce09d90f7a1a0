/**
 * Pre-trains swin-micro at 64 pixels for 20 epochs on a folder of photos, and draws its loss.
 *
 *     node experiments/photos/run.mjs ../shared/data/photos
 */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { epochLosses, writeCurves } from '../curves.mjs';
import { keepResults, readLines, umMae } from '../run.mjs';

const [photos] = process.argv.slice(2);
const pictures = fileURLToPath(new URL('../../docs/images', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'photos-'));
const run = join(folder, 'run');
const options = ['--model', 'swin-micro', '--epochs', '20', '--seed', '0', '--out', run];
await umMae('pretrain', '--data', photos, ...options);

const metrics = readLines(join(run, 'metrics.jsonl'));
keepResults(new URL('results.jsonl', import.meta.url), 'swin-micro', metrics);
const losses = epochLosses(metrics);
writeCurves(join(pictures, 'photos-loss.svg'), {
  title: 'swin-micro, 64 px, 300 photos: loss of the dropped units',
  series: [{ name: 'um-mae', color: '#d65c24', losses }],
});
copyFileSync(join(run, 'images/epoch-0020.png'), join(pictures, 'photos-sheet.png'));
rmSync(folder, { recursive: true });
console.log(losses.map((loss) => loss.toFixed(3)).join(' '));
