/** `um-mae pretrain`: a folder of images in, a run directory out. */
import { parse as parsePath } from 'node:path';
import { setThreads } from '@um-mae/torch';
import type { Command } from 'commander';
import type { Assignment } from '../../recipes/assignments.js';
import { composeRecipe } from '../../recipes/compose.js';
import { methodNames } from '../../recipes/pretrain/methods.js';
import { modelNames, modelRecipe, recipeNames } from '../../recipes/pretrain/named.js';
import { describeRecipe } from '../../recipes/reference.js';
import { pretrain } from '../../training/pretrain.js';
import { recordedRecipe } from '../../training/run-files/resume.js';
import { freeRunPath, type RunMode } from '../../training/run-files/run-directory.js';
import { environment, recordedMachine } from '../environment.js';
import { collectAssignments, defaultWorkers, place, positive } from '../option-values.js';
import { type Show, showJson, showOnTerminal, showPlain } from '../progress.js';
import { addRecipeFlags, recipeAssignments } from '../recipe-flags.js';
import { listenForStop } from '../stop-signals.js';

interface PretrainFlags {
  readonly data?: readonly string[];
  readonly dataRoot?: string;
  readonly model?: string;
  readonly method?: string;
  readonly recipe?: string;
  readonly out?: string;
  readonly set?: readonly Assignment[];
  readonly device?: string;
  readonly threads?: number;
  readonly workers: number;
  readonly resume?: boolean;
  readonly overwrite?: boolean;
  readonly json?: boolean;
}

const defaultModel = 'swin-tiny';

export function addPretrain(program: Command): void {
  const command = program
    .command('pretrain')
    .description('Pre-train a backbone on unlabelled images')
    .option('--data <path...>', describeRecipe('data.paths'))
    .option('--data-root <folder>', "folder that paths in lists begin at (default: the list's)")
    .option('--model <name>', `one of ${modelNames.join(', ')} (default: ${defaultModel})`)
    .option('--method <name>', `one of ${methodNames.join(', ')} (default: um-mae)`)
    .option('--recipe <file or name>', `a YAML file, or one of ${recipeNames.join(', ')}`)
    .option('--out <folder>', 'the run directory (default: runs/<model>, numbered)', place)
    .option('--resume', 'go on with the run in --out, with its own recipe, device and threads')
    .option('--overwrite', 'delete the run in --out first');
  addRecipeFlags(command);
  command
    .option('--set <path=value>', 'any value of the recipe; can be repeated', collectAssignments)
    .option(
      '--device <name>',
      'cpu, cuda, cuda:N or mps (default: cpu, or that of the resumed run)',
    )
    .option('--threads <n>', 'of libtorch (default: one per core, or as resumed)', positive)
    .option('--workers <n>', 'threads that decode images', positive, defaultWorkers())
    .option('--json', 'print one JSON object per line')
    .action(run);
}

async function run(flags: PretrainFlags, command: Command): Promise<void> {
  const mode = modeOf(flags, command);
  const directory = flags.out ?? freeRunPath('runs', nameOf(flags));
  const recorded = mode === 'resume' ? await recordedRecipe(directory) : undefined;
  const recipe = await composeRecipe({
    recipe: flags.recipe,
    model: flags.model,
    method: flags.method,
    fallback: recorded ?? modelRecipe(defaultModel),
    assignments: [
      ...(flags.data ? [{ path: 'data.paths', value: flags.data }] : []),
      ...(flags.dataRoot === undefined ? [] : [{ path: 'data.root', value: flags.dataRoot }]),
      ...recipeAssignments(command.opts()),
      ...(flags.set ?? []),
    ],
  });
  const machine = mode === 'resume' ? recordedMachine(directory) : {};
  const { device = machine.device ?? 'cpu', threads = machine.threads, workers } = flags;
  if (threads !== undefined) setThreads(threads);
  const stop = listenForStop();
  const show = showing(flags);
  for await (const event of pretrain({
    recipe,
    directory,
    mode,
    device,
    workers,
    environment: { ...environment(), device, workers, commandLine: process.argv.slice(2) },
    residentBytes: process.memoryUsage.rss,
    signal: stop.signal,
  })) {
    show(event);
    if (event.kind === 'interrupted') process.exitCode = stop.exitCode();
  }
}

/** What a run is called after. */
function nameOf({ model, recipe }: PretrainFlags): string {
  return model ?? (recipe === undefined ? defaultModel : parsePath(recipe).name);
}

function modeOf({ resume, overwrite, out }: PretrainFlags, command: Command): RunMode {
  if (resume && overwrite) command.error('error: expected --resume or --overwrite but got both');
  if (resume && out === undefined)
    command.error('error: expected --out with --resume but got none');
  if (resume) return 'resume';
  return overwrite ? 'overwrite' : 'create';
}

function showing({ json }: PretrainFlags): Show {
  if (json) return showJson;
  return process.stdout.isTTY ? showOnTerminal(process.stdout) : showPlain;
}
