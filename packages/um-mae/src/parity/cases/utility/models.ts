/** Sections of the utility case on models to pre-train: groups of parameters, initial weights. */
import { Generator, noGrad, scope, type Tensor } from '@um-mae/torch';
import { z } from 'zod';
import { UmMaeError } from '../../../errors.js';
import { buildObjective } from '../../../objectives/build.js';
import { parsePretrainRecipe } from '../../../recipes/parse.js';
import { modelRecipe } from '../../../recipes/pretrain/named.js';
import { parameterGroups } from '../../../tasks/pretrain/parameter-groups.js';
import { type Comparison, compareNumbers } from '../../comparison.js';
import { type Section, section } from './section.js';

const pretrainedGroup = z.object({
  weight_decay: z.number(),
  tensors: z.number(),
  elements: z.number(),
  first: z.array(z.string()),
  last: z.array(z.string()),
});

const pretrainedModel = z.object({
  kwargs: z.object({ norm_pix_loss: z.boolean(), vis_mask_ratio: z.number() }),
  groups: z.array(pretrainedGroup),
  frozen: z.array(z.string()),
  decayed_tokens: z.array(z.string()),
});

const pretrained: Section<Record<string, z.infer<typeof pretrainedModel>>> = {
  schema: z.record(z.string(), pretrainedModel),
  compare: (models) =>
    Object.entries(models).flatMap(([name, model]) => comparePretrained(name, model)),
};

/** Compares the groups with and without decay; the published ones name their ends alone. */
function comparePretrained(
  name: string,
  { kwargs, groups: theirs, frozen, decayed_tokens: tokens }: z.infer<typeof pretrainedModel>,
): Comparison[] {
  return scope(() => {
    const model = autoencoder(name, kwargs);
    const parameters = model.namedParameters();
    const decay = Math.max(...theirs.map(({ weight_decay: own }) => own));
    const ours = parameterGroups(parameters, decay);
    const rows = theirs.flatMap((published) => {
      const { weight_decay: own, first, last } = published;
      const found = ours.find(({ weightDecay }) => weightDecay === own)?.parameters ?? new Map();
      const names = [...found.keys()];
      const elements = [...found.values()].reduce((sum, each) => sum + each.elements, 0);
      const ends = [...first, ...last].filter((each) => !names.includes(each));
      const of = `of ${name} with decay ${own}`;
      return [
        compareNumbers(`parameters ${of}`, names.length, published.tensors, 0),
        compareNumbers(`numbers ${of}`, elements, published.elements, 0),
        compareNumbers(`names that are not ${of}`, ends.length, 0, 0),
      ];
    });
    const moved = frozen.filter((each) => parameters.has(each));
    const decayed = [...(ours.find(({ weightDecay }) => weightDecay > 0)?.parameters.keys() ?? [])];
    const undecayed = tokens.filter((each) => !decayed.includes(each));
    return [
      ...rows,
      compareNumbers(`frozen parameters of ${name} that train`, moved.length, 0, 0),
      compareNumbers(`tokens of ${name} without decay`, undecayed.length, 0, 0),
    ];
  });
}

const sizes: Readonly<Record<string, 'swin-tiny' | 'vit-base'>> = {
  mae_swin_tiny_256: 'swin-tiny',
  mae_vit_base_patch16_dec512d2b: 'vit-base',
};

/** A published autoencoder, by the recipe that has its sizes. */
function autoencoder(
  name: string,
  {
    norm_pix_loss: normPixels,
    vis_mask_ratio: secondaryRatio,
  }: { norm_pix_loss: boolean; vis_mask_ratio: number },
) {
  const preset = sizes[name];
  if (!preset) throw new UmMaeError('parity', `Expected a published model but got \`${name}\`.`);
  const { decoder, ...recipe } = modelRecipe(preset);
  const masking = { kind: 'uniform', secondaryRatio, corners: 'balanced' } as const;
  return buildObjective(
    parsePretrainRecipe({ ...recipe, decoder, method: 'um-mae', masking, normPixels }),
    { generator: new Generator(0) },
  );
}

const parameter = z.object({
  shape: z.array(z.number()),
  kind: z.string(),
  expected_std: z.number().optional(),
  expected_bound: z.number().optional(),
});

const initialModel = z.object({
  kwargs: z.object({ norm_pix_loss: z.boolean(), vis_mask_ratio: z.number() }),
  parameters: z.record(z.string(), parameter),
});

const initialisation: Section<Record<string, z.infer<typeof initialModel>>> = {
  schema: z.record(z.string(), initialModel),
  compare: (models) =>
    Object.entries(models).flatMap(([name, { kwargs, parameters }]) =>
      scope(() =>
        noGrad(() => {
          const state = autoencoder(name, kwargs).state();
          const kinds = [...new Set(Object.values(parameters).map(({ kind }) => kind))];
          return kinds.map((kind) => {
            const own = Object.entries(parameters).filter(([, each]) => each.kind === kind);
            const odd = own.filter(([key, each]) => !isDrawnAs(state.get(key), each));
            return compareNumbers(`tensors of ${name} that are not ${kind}`, odd.length, 0, 0);
          });
        }),
      ),
    ),
};

/** Deviations of an estimate that chance explains. */
const sigmas = 6;

function isDrawnAs(own: Tensor | undefined, theirs: z.infer<typeof parameter>): boolean {
  if (!own || own.shape.join() !== theirs.shape.join()) return false;
  const { kind, expected_std: std, expected_bound: bound } = theirs;
  const [least, most] = [own.amin().number(), own.amax().number()];
  if (kind === 'zeros') return least === 0 && most === 0;
  if (kind === 'ones') return least === 1 && most === 1;
  if (kind.startsWith('frozen')) return least >= -1 && most <= 1;
  const spread = own.square().mean().number() ** 0.5;
  const noise = (expected: number) => (sigmas * expected) / Math.sqrt(2 * own.elements);
  if (std !== undefined) return Math.abs(spread - std) <= noise(std);
  if (bound === undefined) return false;
  const uniform = bound / Math.sqrt(3);
  const isInside = Math.max(-least, most) <= bound;
  return isInside && Math.abs(spread - uniform) <= noise(uniform);
}

/** Sections that build models of the published sizes. */
export const modelSections = {
  pretrain_groups_full_models: section(pretrained),
  initialisation: section(initialisation),
} as const;
