/** The commands. */
import { Command } from 'commander';
import { packageVersion } from '../package-version.js';
import { startLibtorch } from './start-libtorch.js';

/** A command of the program. */
interface CommandEntry {
  /** The line of `um-mae --help`. */
  readonly description: string;
  /** Whether it runs where libtorch is missing. Default: no. */
  readonly withoutLibtorch?: boolean;
  /** Loads the function that adds its arguments, options and action. */
  readonly load: () => Promise<(command: Command) => void>;
}

/**
 * All commands, in the order of `--help`. The options of a command are loaded when it is named, and
 * what it computes with when it runs: `um-mae COMMAND --help` needs no libtorch.
 */
const commands: Readonly<Record<string, CommandEntry>> = {
  pretrain: {
    description: 'Pre-train a backbone on unlabelled images',
    load: async () => (await import('./commands/pretrain.js')).addPretrain,
  },
  finetune: {
    description: 'Fine-tune a pre-trained backbone on labelled images',
    load: async () => (await import('./commands/finetune.js')).addFinetune,
  },
  sweep: {
    description: 'Train a recipe with every combination of values and seeds, and rank the results',
    withoutLibtorch: true,
    load: async () => (await import('./commands/sweep.js')).addSweep,
  },
  evaluate: {
    description: 'Evaluate a fine-tuned network on labelled images',
    load: async () => (await import('./commands/evaluate.js')).addEvaluate,
  },
  predict: {
    description: 'Predict classes, masks or objects with a fine-tuned network',
    load: async () => (await import('./commands/predict.js')).addPredict,
  },
  reconstruct: {
    description: 'Reconstruct masked images with a pre-trained model',
    load: async () => (await import('./commands/reconstruct.js')).addReconstruct,
  },
  probe: {
    description:
      'Evaluate frozen features on labelled images: nearest neighbours and a linear probe',
    load: async () => (await import('./commands/probe.js')).addProbe,
  },
  embed: {
    description: 'Write the pooled features of images to Parquet, NumPy or safetensors',
    load: async () => (await import('./commands/embed.js')).addEmbed,
  },
  similar: {
    description: 'Find the images in an index that are most similar to another image',
    load: async () => (await import('./commands/similar.js')).addSimilar,
  },
  maps: {
    description: 'Draw feature maps and attention of every stage for an image',
    load: async () => (await import('./commands/maps.js')).addMaps,
  },
  studio: {
    description: 'Show runs in a browser: curves, reconstructions, results',
    withoutLibtorch: true,
    load: async () => (await import('./commands/studio.js')).addStudio,
  },
  runs: {
    description: 'List runs with state, score and size, make finished ones smaller, delete some',
    withoutLibtorch: true,
    load: async () => (await import('./commands/runs.js')).addRuns,
  },
  recipes: {
    description: 'List the named recipes and the results of their published runs',
    withoutLibtorch: true,
    load: async () => (await import('./commands/recipes.js')).addRecipes,
  },
  inspect: {
    description: 'Show what a weights file contains: names, shapes, and the model that it fits',
    load: async () => (await import('./commands/inspect.js')).addInspect,
  },
  convert: {
    description:
      'Convert weights: .pth of the published code, timm or Hugging Face, and safetensors',
    load: async () => (await import('./commands/convert.js')).addConvert,
  },
  export: {
    description: 'Write a trained model as ONNX, for transformers.js, or as weights',
    load: async () => (await import('./commands/export.js')).addExport,
  },
  data: {
    description: 'Check, pack or convert image sets',
    withoutLibtorch: true,
    load: async () => (await import('./commands/data/data.js')).addData,
  },
  demo: {
    description: 'Pre-train a small model on rendered scenes and probe it: a few minutes',
    load: async () => (await import('./commands/demo.js')).addDemo,
  },
  bench: {
    description: 'Measure training steps on random pixels: images/s, memory, share of peak',
    load: async () => (await import('./commands/bench/bench.js')).addBench,
  },
  setup: {
    description: 'Install libtorch and a compiler where they are missing, and build the addons',
    withoutLibtorch: true,
    load: async () => (await import('./commands/setup.js')).addSetup,
  },
  doctor: {
    description: 'Show which libtorch, devices and libraries are used, and what slows them down',
    withoutLibtorch: true,
    load: async () => (await import('./commands/doctor/doctor.js')).addDoctor,
  },
};

/**
 * The program with all commands, of which one is complete and the others have their names only.
 *
 * @param args the command line, `help COMMAND` included
 */
export async function program(args: readonly string[]): Promise<Command> {
  const name = args[0] === 'help' ? args[1] : args[0];
  const root = bareProgram();
  for (const [each, { description, withoutLibtorch = false, load }] of Object.entries(commands)) {
    const command = root.command(each).description(description);
    if (each !== name) continue;
    (await load())(command);
    if (!withoutLibtorch) root.hook('preAction', startLibtorch);
  }
  return root;
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
