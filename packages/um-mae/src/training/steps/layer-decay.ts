/**
 * Learning rates that fall from the head to the embedding, for fine-tuning: early layers have less
 * to unlearn.
 *
 * Source: Clark et al. 2020 (ELECTRA), arXiv:2003.10555; groups as in the published fine-tuning of
 * UM-MAE.
 */
import type { Tensor } from '@um-mae/torch';
import type { ParameterGroup } from '@um-mae/torch/optim';

export interface LayerDecayOptions {
  /** Blocks of the backbone. */
  readonly blocks: number;
  /** Learning rate of a layer as a share of that of the next one. */
  readonly layerDecay: number;
  /** None on 1-D parameters, positions, the class token and registers. */
  readonly weightDecay: number;
  /** Whether positions and the class token decay all the same, as in published segmentation. */
  readonly decaysPositions?: boolean;
  /** Parts of names of all parameters that do not decay, instead of the above. */
  readonly undecayed?: readonly string[] | null | undefined;
}

/** Parameters of one layer that are treated alike. */
interface LayerGroup extends ParameterGroup {
  readonly parameters: Map<string, Tensor>;
}

/** Groups in the order in which their first parameters come, as in the published code. */
export function layerDecayGroups(
  parameters: ReadonlyMap<string, Tensor>,
  { blocks, layerDecay, weightDecay, ...rule }: LayerDecayOptions,
): ParameterGroup[] {
  const groups = new Map<string, LayerGroup>();
  for (const [name, parameter] of parameters) {
    const layer = layerOf(name, blocks);
    const isFree = isUndecayed(name, parameter, rule);
    const key = `${layer} ${isFree}`;
    const group = groups.get(key) ?? {
      parameters: new Map<string, Tensor>(),
      weightDecay: isFree ? 0 : weightDecay,
      learningRateScale: layerDecay ** (blocks + 1 - layer),
    };
    group.parameters.set(name, parameter);
    groups.set(key, group);
  }
  return [...groups.values()];
}

type DecayRule = Pick<LayerDecayOptions, 'decaysPositions' | 'undecayed'>;

function isUndecayed(name: string, { shape }: Tensor, rule: DecayRule): boolean {
  if (rule.undecayed) return rule.undecayed.some((part) => name.includes(part));
  return shape.length === 1 || (positions.includes(name) && !rule.decaysPositions);
}

const positions: readonly string[] = ['pos_embed', 'cls_token', 'register_tokens'];

/** The embedding is layer 0, block `i` is layer `i + 1`, the head and its norm come last. */
function layerOf(name: string, blocks: number): number {
  if (positions.includes(name) || name.startsWith('patch_embed.')) return 0;
  const [, block] = /^blocks\.(\d+)\./.exec(name) ?? [];
  return block === undefined ? blocks + 1 : Number(block) + 1;
}
