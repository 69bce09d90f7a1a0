/** A program whose main thread never loads libtorch: the thread that does ends first. */
import { Worker } from 'node:worker_threads';

const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: 'holding' });
worker.on('exit', (code) => {
  const again = new Worker(new URL('./worker.js', import.meta.url), { workerData: 'clean' });
  again.on('exit', (second) => process.stdout.write(`${code} ${second}`));
});
