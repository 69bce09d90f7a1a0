/**
 * Sends a run to an MLflow server while it trains, by MLflow's REST API 2.0:
 *
 *     um-mae pretrain --data ./photos --out runs/first --json | node mlflow.mjs http://localhost:5000
 */
import { createInterface } from 'node:readline';
import { leavesOf } from 'um-mae/runs';

const [server = 'http://localhost:5000', experiment = 'um-mae'] = process.argv.slice(2);
/** MLflow takes at most so many parameters at once. */
const mostParameters = 100;
const statuses = { finished: 'FINISHED', interrupted: 'KILLED', failed: 'FAILED' };

let run_id;
for await (const line of createInterface({ input: process.stdin })) {
  const event = JSON.parse(line);
  if (event.kind === 'started') run_id = await begin(event);
  const numbers = event.metrics ?? event.scores;
  if (run_id && numbers) await post('runs/log-batch', { run_id, metrics: metricsOf(numbers) });
  const status = statuses[event.kind];
  if (run_id && status) await post('runs/update', { run_id, status, end_time: Date.now() });
}

/** Makes the run, with the values of its recipe as parameters. */
async function begin({ directory, plan }) {
  const { run } = await post('runs/create', {
    experiment_id: await experimentId(),
    run_name: directory,
    start_time: Date.now(),
  });
  const run_id = run.info.run_id;
  const params = leavesOf(plan.recipe).map(([key, value]) => ({ key, value }));
  for (let i = 0; i < params.length; i += mostParameters) {
    await post('runs/log-batch', { run_id, params: params.slice(i, i + mostParameters) });
  }
  return run_id;
}

async function experimentId() {
  const query = { filter: `name = '${experiment}'`, max_results: 1 };
  const { experiments = [] } = await post('experiments/search', query);
  return (
    experiments[0]?.experiment_id ??
    (await post('experiments/create', { name: experiment })).experiment_id
  );
}

/** The numbers of an event, under names such as `step/loss`. */
function metricsOf({ kind, step, ...numbers }) {
  return Object.entries(numbers)
    .filter(([, value]) => typeof value === 'number')
    .map(([name, value]) => ({ key: `${kind}/${name}`, value, step, timestamp: Date.now() }));
}

async function post(path, body) {
  const response = await fetch(`${server}/api/2.0/mlflow/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`MLflow answers ${response.status}: ${await response.text()}`);
  return response.json();
}
