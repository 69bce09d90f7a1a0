/** The commands. */
import { Command } from 'commander';
import { packageVersion } from '../package-version.js';

/** Adds a command to the program. */
type AddCommand = (program: Command) => void;

/** All commands, in the order of `--help`. The code of each is loaded when it is used. */
const commands: Readonly<Record<string, () => Promise<AddCommand>>> = {
  pretrain: async () => (await import('./commands/pretrain.js')).addPretrain,
  finetune: async () => (await import('./commands/finetune.js')).addFinetune,
  evaluate: async () => (await import('./commands/evaluate.js')).addEvaluate,
  predict: async () => (await import('./commands/predict.js')).addPredict,
  reconstruct: async () => (await import('./commands/reconstruct.js')).addReconstruct,
  probe: async () => (await import('./commands/probe.js')).addProbe,
  embed: async () => (await import('./commands/embed.js')).addEmbed,
  similar: async () => (await import('./commands/similar.js')).addSimilar,
  maps: async () => (await import('./commands/maps.js')).addMaps,
  studio: async () => (await import('./commands/studio.js')).addStudio,
  recipes: async () => (await import('./commands/recipes.js')).addRecipes,
  inspect: async () => (await import('./commands/inspect.js')).addInspect,
  convert: async () => (await import('./commands/convert.js')).addConvert,
  export: async () => (await import('./commands/export.js')).addExport,
  data: async () => (await import('./commands/data/data.js')).addData,
  demo: async () => (await import('./commands/demo.js')).addDemo,
  bench: async () => (await import('./commands/bench/bench.js')).addBench,
  doctor: async () => (await import('./commands/doctor.js')).addDoctor,
};

/** The commands that run where libtorch is missing. */
const withoutLibtorch: readonly string[] = ['studio', 'recipes', 'data'];

/**
 * The program with the command of this name, or with all commands where none has it. libtorch has
 * one thread for each core unless a command sets another number.
 *
 * @param name the first argument of the command line
 */
export async function program(name = ''): Promise<Command> {
  const command = bareProgram();
  const names = Object.hasOwn(commands, name) ? [name] : Object.keys(commands);
  if (!withoutLibtorch.includes(name)) (await import('@um-mae/torch')).setThreads();
  for (const each of names) (await commands[each]?.())?.(command);
  return command;
}

/** The program without its commands. */
export function bareProgram(): Command {
  return new Command('um-mae')
    .description('Self-supervised pre-training of pyramid vision transformers with uniform masking')
    .version(packageVersion())
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, 'um-mae: ')),
    });
}
