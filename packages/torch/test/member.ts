/** A process of `distributed.test.ts`: joins a group, and does what its scenario says. */
import { readdirSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { GradientReducer, Group } from '../src/distributed/index.js';
import { Generator, ones, randn, scope, type Tensor, tensor, zerosLike } from '../src/index.js';
import { BatchNorm2d, Gelu, Linear, Sequential } from '../src/nn/index.js';

/** The message that tells a process what it is to do. */
export interface Orders {
  readonly scenario: keyof typeof scenarios;
  readonly rank: number;
  readonly size: number;
  readonly port: number;
  readonly timeoutMs: number;
  /** The device of the tensors of the scenario `exchange`. */
  readonly device: string;
}

export interface Gradients {
  /** All gradients of one process that has all images. */
  readonly alone: readonly number[];
  /** The same with the images in parts, one for each way to divide them. */
  readonly found: readonly (readonly number[])[];
}

const images = 7;

/** A small network, the same in all processes. */
function network(device = 'cpu'): Sequential {
  const generator = new Generator(3);
  const layers = [new Linear(5, 8, { generator }), new Gelu(), new Linear(8, 2, { generator })];
  return new Sequential(...layers).to(device);
}

/** The gradients of the mean over all images, of which a process takes `count` from `first` on. */
function gradientsOf(
  { first, count }: { readonly first: number; readonly count: number },
  weight: number,
  reduce: (backward: () => void) => void,
  model: Sequential,
): number[] {
  return scope(() => {
    const parameters = [...model.namedParameters().values()];
    for (const parameter of parameters) parameter.grad = undefined;
    const device = parameters[0]?.device ?? 'cpu';
    const all = randn([images, 5], { generator: new Generator(4) }).to(device);
    const own = all.slice({ start: first, end: first + count });
    const nothing = () =>
      parameters
        .map((each) => each.sum())
        .reduce((a, b) => a.add(b))
        .mul(0);
    const loss =
      count === 0
        ? nothing()
        : model
            .forward(own)
            .square()
            .mean()
            .mul((weight * count) / images);
    reduce(() => loss.backward());
    return parameters.flatMap((each) => [...(each.grad as Tensor).toArray()].map(Number));
  });
}

const scenarios = {
  /** Every exchange once, and gradients of uneven parts and of an empty one. */
  async exchange(group: Group, device: string) {
    const { rank, size } = group;
    const exchange = device === 'cpu' ? null : await group.joinGpus(device);
    const values = tensor([rank, 10 * rank], { dtype: 'f32', device }).keep();
    await group.allReduce(values);
    const largest = tensor([rank, -rank], { dtype: 'i64', device }).keep();
    await group.allReduce(largest, 'max');
    const sent = tensor([rank + 1], { dtype: 'f32', device }).keep();
    await group.broadcast(sent, size - 1);
    const gathered = await group.allGather(tensor([rank, rank], { dtype: 'u8', device }).keep());
    if (rank === 0) await group.put('word', 'a grüner Text');
    const text = await group.get('word', 5000);
    const nothing = await group.get('nothing', 20);
    await group.barrier();
    const startMs = performance.now();
    await group.waitTogether(() => performance.now() > startMs + 300 * rank);
    // Left to the group, which ends it.
    new GradientReducer(network(device).namedParameters(), group);
    return {
      exchange,
      waited: performance.now() - startMs > 300 * (size - 1),
      sum: [...values.toArray()],
      max: [...largest.toArray()].map(Number),
      sent: [...sent.toArray()],
      gathered: gathered.map((each) => [...each.toArray()]),
      sums: await group.sum([0.1, rank]),
      text,
      nothing: nothing ?? null,
      ...(await reduced(group, device)),
      norms: norms(group, device),
    };
  },

  /** A parameter that the loss does not depend on; then the last process ends. */
  async killed(group: Group) {
    const model = network();
    const all = new Map(model.namedParameters()).set('spare', new Linear(2, 1).weight);
    const reducer = new GradientReducer(all, group);
    const step = () =>
      reducer.reduce(() =>
        model
          .forward(ones([1, 5]))
          .sum()
          .backward(),
      );
    const unused = errorOf(async () => step());
    await group.barrier();
    const backward = await errorOf(() => killedBackward(group));
    const wait = errorOf(() => group.waitTogether(() => false));
    return { errors: [await unused, backward, await wait] };
  },

  /** The last process does not answer. */
  async stopped(group: Group) {
    if (group.rank === group.size - 1) process.kill(process.pid, 'SIGSTOP');
    await group.barrier();
  },
};

/** The differences of a batch norm whose batch is in parts from one that has it whole. */
function norms(
  group: Group,
  device: string,
): { readonly together: number[]; readonly apart: number[] } {
  const drawn = (seed: number) =>
    randn([images, 3, 2, 2], { generator: new Generator(seed), dtype: 'f64' }).to(device);
  const [all, slopes] = [drawn(5).add(4), drawn(6)];
  const differences = (together: boolean, edges: readonly number[]) =>
    scope(() => {
      const norm = () => new BatchNorm2d(3).to('f64').to(device);
      const [whole, part] = [norm(), norm()];
      const [start = 0, end = 0] = edges.slice(group.rank);
      // A process without images takes one that does not count.
      const counts = end > start;
      const rows = counts ? { start, end } : { start: 0, end: 1 };
      part.shared = {
        normalise: (x, norm) => group.batchNorm(x, norm, { counts, together }),
      };
      const run = (norm: BatchNorm2d, x: Tensor, slope: Tensor) => {
        const input = x.clone();
        input.requiresGrad = true;
        const y = norm.forward(input);
        y.mul(slope).sum().backward();
        return { y: y.detach(), grad: input.grad as Tensor };
      };
      const one = run(whole, all, slopes);
      const two = run(part, all.slice(rows), slopes.slice(rows).mul(Number(counts)));
      for (const { grad } of [part.weight, part.bias]) if (grad) group.sumNow(grad);
      const pairs: (readonly [Tensor | undefined, Tensor | undefined])[] = [
        [two.y, one.y.slice(rows)],
        [two.grad, counts ? one.grad.slice(rows) : zerosLike(two.grad)],
        [part.weight.grad, whole.weight.grad],
        [part.bias.grad, whole.bias.grad],
        [part.running_mean, whole.running_mean],
        [part.running_var, whole.running_var],
        [part.num_batches_tracked, whole.num_batches_tracked],
      ];
      return pairs.map(([a, b]) =>
        (a as Tensor)
          .sub(b as Tensor)
          .abs()
          .amax()
          .number(),
      );
    });
  const together = [
    [0, 2, 7],
    [0, 7, 7],
  ].flatMap((edges) => differences(true, edges));
  return { together, apart: differences(false, [0, 3, 7]) };
}

/** Gradients as one process has them, and as they are with a part of the images in each. */
async function reduced(group: Group, device: string): Promise<Gradients> {
  const model = network(device);
  const reducer = new GradientReducer(model.namedParameters(), group);
  const parts = [
    [0, 3, 7],
    [0, 7, 7],
    [0, 5, 7],
  ].map((edges) => {
    const [first = 0, end = 0] = edges.slice(group.rank);
    return { first, count: end - first };
  });
  const found = parts.map((part) =>
    gradientsOf(part, group.size, (backward) => reducer.reduce(backward), model),
  );
  await reducer.close();
  const whole = { first: 0, count: images };
  const alone = gradientsOf(whole, 1, (backward) => backward(), network(device));
  return { alone, found };
}

/** Reduces gradients until the last process has ended. */
async function killedBackward(group: Group): Promise<void> {
  const model = network();
  const reducer = new GradientReducer(model.namedParameters(), group);
  if (group.rank === group.size - 1) process.kill(process.pid, 'SIGKILL');
  for (;;)
    reducer.reduce(() =>
      model
        .forward(ones([1, 5]))
        .sum()
        .backward(),
    );
}

/** Counts the threads of this process. */
function threadCount(): number {
  return readdirSync('/proc/self/task').length;
}

async function errorOf(body: () => Promise<void>): Promise<string> {
  try {
    await body();
    return 'none';
  } catch (error) {
    return String(error);
  }
}

process.once('message', async ({ scenario, rank, size, port, timeoutMs, device }: Orders) => {
  try {
    const onPort = (found: number) => process.send?.({ port: found });
    const place = { rank, size, host: '127.0.0.1', port, joinTimeoutMs: 60_000 };
    const group = await Group.join({ ...place, timeoutMs, onPort });
    const result = await scenarios[scenario](group, device);
    if (result && 'errors' in result) return process.send?.(result, () => process.exit(3));
    const threads = threadCount();
    await group.close();
    const endMs = performance.now() + 5000;
    // A thread that has said that it is done may not have ended yet.
    while (threads - threadCount() < 3 && performance.now() < endMs) await setTimeout(10);
    const ended = threads - threadCount();
    return process.send?.({ result, ended }, () => process.disconnect());
  } catch (error) {
    const { name, message } = error as Error;
    return process.send?.({ errors: [`${name}: ${message}`] }, () => process.exit(3));
  }
});
