/** `um-mae export`: a trained model in a form that runs without us. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ImageSize } from '../../backbones/backbone.js';
import type { Pooling } from '../../backbones/pooled-stages.js';
import type { ExportReport } from '../../export/export-model.js';
import type { ExportKind } from '../../export/source.js';
import { labelledKinds } from '../../recipes/kind.js';
import type { Assignment } from '../../recipes/values/assignments.js';
import { poolingOption, stagesOption } from '../flags/encoder-flags.js';
import { entryOption, inferenceOption, positive, verifyOption } from '../flags/option-values.js';
import { bytes } from '../output/format.js';
import { StatusLine } from '../output/terminal/status-line.js';
import { tellNotes } from '../output/terminal/terminal.js';

interface ExportFlags {
  readonly out: string;
  readonly kind?: ExportKind;
  readonly entry?: string;
  readonly verify: boolean;
  readonly set?: readonly Assignment[];
  readonly stages?: readonly number[];
  readonly pooling?: Pooling;
  readonly batch: number | 'batch';
  readonly half?: boolean;
  readonly size?: ImageSize | 'dynamic';
  readonly argmax?: boolean;
  readonly json?: boolean;
}

const formsText = `
Formats of --out:
  model.onnx         a graph for onnxruntime, checked by running it
  model              a folder for transformers.js: config.json, preprocessor_config.json, onnx/model.onnx
  model.safetensors  weights, and model.pth; a ViT's by the names of timm
A model card is written with each: model.onnx.md, or README.md in the folder.`;

export function addExport(command: Command): void {
  command
    .argument('<from>', 'a run, a checkpoint, or a file of weights, whatever it is called')
    .requiredOption('--out <path>', 'path to write; its extension chooses the format')
    .addOption(
      new Option(
        '--kind <kind>',
        'backbone: feature maps and an embedding; classifier and others: the whole network of a task (default: what <from> is)',
      ).choices(['backbone', ...labelledKinds.map(({ network }) => network)]),
    )
    .option(...entryOption)
    .option(...verifyOption)
    .option(...inferenceOption)
    .option(...stagesOption)
    .addOption(poolingOption())
    .option('--batch <n>', 'images at once in a graph, or dynamic', batch, 'batch')
    .option('--half', 'compute in 16 bits: half the size; inputs and outputs of graphs stay f32')
    .option(
      '--size <size>',
      "images of a segmentor's or detector's graph: 512x1024, or dynamic for any of a segmentor's",
      size,
    )
    .option('--argmax', "a segmentor's graph gives the class of each pixel in place of logits")
    .option('--json', 'print one JSON object')
    .addHelpText('after', formsText)
    .action(run);
}

function batch(text: string): number | 'batch' {
  return text === 'dynamic' ? 'batch' : positive(text);
}

function size(text: string): ImageSize | 'dynamic' {
  if (text === 'dynamic') return text;
  const [height, width, ...more] = text.split('x').map(positive);
  if (height && width && more.length === 0) return { height, width };
  throw new InvalidArgumentError('Expected a height and a width such as 512x1024, or dynamic.');
}

async function run(from: string, flags: ExportFlags): Promise<void> {
  const { out: to, half, argmax, json, set: inference, ...options } = flags;
  const { exportModel } = await import('../../export/export-model.js');
  const status = new StatusLine('checks by onnxruntime done');
  const { notes, ...report } = await exportModel({
    ...options,
    from,
    to,
    inference,
    precision: half ? 'f16' : 'f32',
    output: argmax ? 'classes' : 'logits',
    onProgress: (done, total) => status.show(done, total),
  });
  status.clear();
  tellNotes(notes);
  if (json) console.log(JSON.stringify({ path: to, ...report }));
  else print(to, report);
}

function print(to: string, report: Omit<ExportReport, 'notes'>): void {
  const { kind, image, isOpen, outputs = [], verification, card, regions = [] } = report;
  const size = isOpen ? 'any size' : `${image.height}x${image.width}`;
  console.log(
    `Wrote ${to}, ${bytes(report.bytes)}: ${article(kind)} ${kind} for images of ${size}. Its card is ${card}.`,
  );
  printGraph(outputs, verification);
  for (const region of regions) {
    console.log(`Wrote ${region.path}, ${bytes(region.bytes)}, for regions of an image.`);
    printGraph(region.outputs, region.verification);
  }
}

function printGraph(
  outputs: NonNullable<ExportReport['outputs']>,
  verification: ExportReport['verification'],
): void {
  for (const { name, shape } of outputs) console.log(`  ${name.padEnd(17)} [${shape.join(', ')}]`);
  if (!verification) return;
  const { difference, seconds } = verification;
  const measure = outputs.some(({ type }) => type === 'i32') ? 'share of the pixels' : 'relative';
  console.log(
    `Largest difference to um-mae: ${difference.toExponential(1)} (${measure}). A batch took ${(1000 * seconds.onnxruntime).toFixed(0)} ms in onnxruntime, ${(1000 * seconds.own).toFixed(0)} ms in um-mae.`,
  );
}

function article(noun: string): string {
  return /^[aeiou]/.test(noun) ? 'an' : 'a';
}
