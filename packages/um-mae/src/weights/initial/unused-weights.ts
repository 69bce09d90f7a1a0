/**
 * Weights that a model does not use: said where they are of another part, refused where they could
 * be of its own.
 */
import { CheckpointError } from '../../errors.js';
import { modelAdvice } from './encoder-weights.js';

/**
 * Beginnings of names that other parts have: decoders, tokens of masks, heads, losses and second
 * networks.
 */
const otherParts =
  /^(decoder|mask_token$|vis_mask_token$|head|fc_norm\.|fc\.|classifier|pooler|projector|projection|predictor|proj_head|criterion|loss|prototypes|queue|teacher|student|momentum|ema|dino_|ibot_|aux|decode_head|auxiliary_head|neck|rpn_head|roi_head|bbox_head|seg_|num_batches_tracked|n_averaged|step$)/;

const encoderPart = /^(patch_embed|pos_embed|cls_token|register_tokens|blocks|norm)\b/;

/** Tables that hold no weights: places of neighbours, and masks that follow from sizes. */
const followsFromSizes = /\.(relative_position_index|attn_mask|num_batches_tracked)$/;

/** Whether a weight of this name takes part in what an encoder computes. */
export function isOfEncoder(name: string): boolean {
  return encoderPart.test(name) && !followsFromSizes.test(name);
}

/** Facts about weights that a model may not use. */
export interface UnusedWeights {
  /** Names of the weights that the model takes. */
  readonly used: (name: string) => boolean;
  /**
   * Whether a recipe of ours stands with the weights: then only names of an encoder are refused.
   */
  readonly isOwn: boolean;
  /** Names that are known to stand beside the encoder. */
  readonly beside: ReadonlySet<string>;
  /** The file of the weights, for messages. */
  readonly path: string;
}

/**
 * The names that are left out, all of other parts.
 *
 * @throws CheckpointError naming those that could be of the model: without them it would compute
 *   something else
 */
export function leftOutNames(
  names: Iterable<string>,
  { used, isOwn, beside, path }: UnusedWeights,
): string[] {
  const unused = [...names].filter((name) => !used(name));
  const isOther = (name: string) => (isOwn ? !encoderPart.test(name) : otherParts.test(name));
  const strange = unused.filter((name) => !beside.has(name) && !isOther(name));
  if (strange.length === 0) return unused;
  const ofOthers =
    'Without them the encoder would compute something else: this model is none of ours.';
  const ofEncoder = isOwn ? modelAdvice : ofOthers;
  const advice = strange.some(isOfEncoder)
    ? ofEncoder
    : 'If they are of no use, leave them out by um-mae convert --allow NAME.';
  throw new CheckpointError(
    `Expected weights that the model uses in ${path} but got ${strange.length} that it does not know: ${listNames(strange)}.\n${advice}`,
  );
}

/** The first names, and whether there are more. */
export function listNames(names: readonly string[]): string {
  return names.slice(0, 5).join(', ') + (names.length > 5 ? ', ...' : '');
}
