/** A program that exits while its threads hold tensors, and holds some itself. */
import { Worker } from 'node:worker_threads';
import { ones } from '../src/index.js';

const held = [ones([1000]), ones([1000]).data()];
let waiting = 2;
for (let i = 0; i < 2; i++) {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: 'waiting' });
  worker.on('message', () => {
    waiting--;
    if (waiting > 0) return;
    process.stdout.write(`${held.length}`);
    process.exit(7);
  });
}
