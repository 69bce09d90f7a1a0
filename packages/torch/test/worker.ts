/** A thread of `workers.test.ts`: computes, disposes, and ends in the way that it is told to. */
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { memory, ones, scope, Tensor, tensor } from '../src/index.js';
import { Linear } from '../src/nn/index.js';

export type Ending = 'clean' | 'holding' | 'waiting';

/** The report of a thread at the end of its work. */
export interface Report {
  readonly tensors: number;
  readonly sum: number;
}

/** Products and gradients whose sum is known. */
function work(): number {
  const layer = new Linear(8, 8, { bias: false });
  scope(() => {
    layer.weight.detach().fill_(1);
  });
  let sum = 0;
  for (let i = 0; i < 100; i++) {
    scope(() => {
      const loss = layer.forward(ones([4, 8])).sum();
      loss.backward();
      sum += loss.number() + (layer.weight.grad?.at(0, 0).number() ?? 0);
    });
  }
  layer.weight.dispose();
  return sum;
}

if (!isMainThread) {
  const ending = workerData as Ending;
  const sum = work();
  const held: unknown[] = [];
  if (ending !== 'clean') {
    for (let i = 0; i < 100; i++) {
      const array = new Float32Array(1000);
      held.push(tensor(array), ones([1000]).data(), new Tensor(ones([10]).release()));
    }
  }
  parentPort?.postMessage({ tensors: memory().tensors, sum } satisfies Report);
  if (ending === 'waiting') parentPort?.on('message', () => held.pop());
}
