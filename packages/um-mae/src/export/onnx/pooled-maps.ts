/** Feature maps that are pooled over all places, as features of images are. */
import { at } from '../../at.js';
import { type PooledStages, pooledChannels } from '../../backbones/pooled-stages.js';
import type { Graph, Value } from './graph/graph.js';

/**
 * Maps [batch, height, width, channels] to [batch, `pooledChannels`].
 *
 * @param epsilon is added to variances, as in `placeStatistics`
 */
export function pooledMaps(
  graph: Graph,
  maps: readonly Value[],
  pooled: PooledStages,
  epsilon = 0,
): Value {
  const { stages, pooling } = pooled;
  const parts = stages.flatMap((stage) => {
    const map = at(maps, stage);
    return pooling === 'mean' ? [graph.mean(map, [1, 2])] : meanAndDeviation(graph, map, epsilon);
  });
  const [first, ...others] = parts;
  if (first && others.length === 0) return first;
  const channels = maps.map(({ shape }) => Number(shape.at(-1)));
  const shape = [graph.batch, pooledChannels(pooled, channels)];
  return graph.node('Concat', parts, shape, { axis: 1 });
}

/** Computes as `placeStatistics`, in f32: squares leave the range of f16. */
function meanAndDeviation(graph: Graph, map: Value, epsilon: number): Value[] {
  const precise = graph.precision === 'f32' ? map : graph.cast(map, 'f32');
  const mean = graph.mean(precise, [1, 2]);
  const [batch = 0, channels = 0] = mean.shape;
  const center = graph.reshape(mean, [batch, 1, 1, channels]);
  const centred = graph.node('Sub', [precise, center], precise.shape);
  const variance = graph.mean(graph.multiply(centred, centred), [1, 2]);
  const kept = epsilon === 0 ? variance : graph.add(variance, graph.number(epsilon, 'f32'));
  return [mean, graph.node('Sqrt', [kept], kept.shape)];
}
