/** The example that sends a run to MLflow asks a server for what its REST API has. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { repository } from '../setup/repository.mjs';

const requests = [];
const answers = {
  'experiments/search': {},
  'experiments/create': { experiment_id: '7' },
  'runs/create': { run: { info: { run_id: 'abc' } } },
};
const server = createServer(async (request, response) => {
  const path = request.url.replace('/api/2.0/mlflow/', '');
  requests.push([path, await json(request)]);
  response.end(JSON.stringify(answers[path] ?? {}));
});

beforeAll(() => once(server.listen(0, '127.0.0.1'), 'listening'));
afterAll(() => server.close());

test('examples/tracking/mlflow.mjs sends recipe, numbers and the end of a run', async () => {
  const program = join(repository, 'examples/tracking/mlflow.mjs');
  const child = spawn(process.execPath, [program, `http://127.0.0.1:${server.address().port}`]);
  const events = [
    {
      kind: 'started',
      directory: 'runs/first',
      plan: { recipe: { seed: 3, image: { width: 64 } } },
    },
    { kind: 'step', metrics: { kind: 'step', step: 1, loss: 0.5, processes: [] } },
    { kind: 'interrupted', summary: {} },
  ];
  child.stdin.end(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(requests.map(([path]) => path)).toEqual([
    ...['experiments/search', 'experiments/create', 'runs/create'],
    ...['runs/log-batch', 'runs/log-batch', 'runs/update'],
  ]);
  const [, , [, created], [, { params }], [, { metrics }], [, update]] = requests;
  expect(created).toMatchObject({ experiment_id: '7', run_name: 'runs/first' });
  expect(params).toEqual([
    { key: 'seed', value: '3' },
    { key: 'image.width', value: '64' },
  ]);
  expect(metrics).toMatchObject([{ key: 'step/loss', value: 0.5, step: 1 }]);
  expect(update).toMatchObject({ run_id: 'abc', status: 'KILLED' });
});
