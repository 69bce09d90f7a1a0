/** `um-mae convert`: weights from one form into another. */
import type { DType } from '@um-mae/torch';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { counted } from '../../counted.js';
import type { Conversion } from '../../models/convert.js';
import { classesOf, labelledKindOf } from '../../recipes/kind.js';
import type { Assignment } from '../../recipes/values/assignments.js';
import { type WeightsChoice, weightsChoices } from '../../weights/weights-choice.js';
import { collectAssignments, entryOption, verifyOption } from '../flags/option-values.js';
import { tellNotes } from '../output/terminal/terminal.js';

interface ConvertFlags {
  readonly weights?: WeightsChoice;
  readonly entry?: string;
  readonly verify: boolean;
  readonly recipe?: string;
  readonly set?: readonly Assignment[];
  readonly allow?: readonly string[];
  readonly resizePositions?: boolean;
  readonly dtype?: DType;
  readonly overwrite?: boolean;
}

export function addConvert(command: Command): void {
  command
    .argument('<in>', 'a run, a checkpoint, or a file of weights, whatever it is called')
    .argument('<out>', 'a .safetensors or .pth file, or a folder for weights and optimizer state')
    .addOption(
      new Option(
        '--weights <which>',
        'of a run or a checkpoint (default: the best, else the average, else the last)',
      ).choices(weightsChoices),
    )
    .option(...entryOption)
    .option(...verifyOption)
    .option('--recipe <name|file>', 'the recipe of the weights, if it is not stored with them')
    .option('--set <path=value>', 'a value of the recipe', collectAssignments)
    .option(
      '--allow <prefix>',
      'beginnings of names that may be missing or dropped; repeatable',
      collect,
    )
    .option('--resize-positions', 'resize tables of positions to the image size of the recipe')
    .addOption(new Option('--dtype <type>', 'of the weights').choices(['f32', 'bf16', 'f16']))
    .option('--overwrite', 'replace what is at <out>')
    .action(run);
}

function collect(prefix: string, earlier: readonly string[] = []): string[] {
  // It would allow everything.
  if (prefix === '') throw new InvalidArgumentError('Expected the beginning of a name.');
  return [...earlier, prefix];
}

async function run(from: string, to: string, flags: ConvertFlags): Promise<void> {
  const { weights, entry, verify, recipe, set: assignments = [], allow = [], dtype } = flags;
  const { overwrite = false, resizePositions = false } = flags;
  const { convertWeights } = await import('../../models/convert.js');
  print(
    to,
    await convertWeights({
      from,
      to,
      weights,
      entry,
      verify,
      recipe,
      assignments,
      allow,
      dtype,
      overwrite,
      resizePositions,
    }),
  );
}

function print(to: string, conversion: Conversion): void {
  const { source, tensors, model, fit, optimizer } = conversion;
  tellNotes(conversion.notes);
  const what = model
    ? `${model.recipe.backbone.kind}, ${describeExtent(model)}`
    : 'an unknown model, as it is';
  console.log(`Wrote ${to} from ${source}: ${counted(tensors.size, 'tensor')} of ${what}.`);
  if (fit) {
    const { matched, missing, unexpected, reshaped } = fit;
    console.log(
      `${matched.length} matched, ${missing.length} missing, ${unexpected.length} dropped, ${reshaped.length} of another shape.`,
    );
  }
  const notes = {
    written: 'The optimizer state is in optimizer.safetensors.',
    'left out': 'The optimizer state was not written; write to a folder to keep it.',
    none: undefined,
  };
  if (notes[optimizer]) console.log(notes[optimizer]);
}

function describeExtent({ extent, recipe }: NonNullable<Conversion['model']>): string {
  switch (extent) {
    case 'objective':
      return recipe.method;
    case 'encoder':
      return 'encoder only';
    case 'network':
      return `${labelledKindOf(recipe).network} of ${counted(classesOf(recipe).length, 'class', 'classes')}`;
  }
}
