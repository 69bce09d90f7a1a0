/** A thread that reads the counter of a cable: its bytes at every moment, in the end. */
import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

const samples = [];
const timer = setInterval(() => {
  const now = performance.timeOrigin + performance.now();
  samples.push([now, Number(readFileSync(workerData, 'utf8'))]);
}, 2);
parentPort.postMessage('begun');
parentPort.once('message', () => {
  clearInterval(timer);
  parentPort.postMessage(samples);
  parentPort.close();
});
