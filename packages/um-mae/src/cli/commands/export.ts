/** `um-mae export`: a trained model in a form that runs without us. */
import { type Command, Option } from 'commander';
import { type ExportReport, exportModel } from '../../export/export-model.js';
import type { ExportKind } from '../../export/source.js';
import { labelledKinds } from '../../recipes/kind.js';
import { entryOption, positive } from '../flags/option-values.js';
import { bytes } from '../output/format.js';
import { tellNotes } from '../output/terminal.js';

interface ExportFlags {
  readonly out: string;
  readonly kind?: ExportKind;
  readonly entry?: string;
  readonly batch: number | 'batch';
  readonly half?: boolean;
  readonly json?: boolean;
}

const formsText = `
Formats of --out:
  model.onnx         a graph for onnxruntime, checked by running it
  model              a folder for transformers.js: config.json, preprocessor_config.json, onnx/model.onnx
  model.safetensors  weights, and model.pth; a ViT's by the names of timm
A model card is written with each: model.onnx.md, or README.md in the folder.`;

export function addExport(program: Command): void {
  program
    .command('export')
    .description('Write a trained model as ONNX, for transformers.js, or as weights')
    .argument('<from>', 'a run, a checkpoint, or a file of weights, whatever it is called')
    .requiredOption('--out <path>', 'path to write; its extension chooses the format')
    .addOption(
      new Option(
        '--kind <kind>',
        'backbone: feature maps and an embedding; classifier and others: the whole network of a task (default: what <from> is)',
      ).choices(['backbone', ...labelledKinds.map(({ network }) => network)]),
    )
    .option(...entryOption)
    .option('--batch <n>', 'images at once in a graph, or dynamic', batch, 'batch')
    .option('--half', 'compute in 16 bits: half the size; inputs and outputs of graphs stay f32')
    .option('--json', 'print one JSON object')
    .addHelpText('after', formsText)
    .action(run);
}

function batch(text: string): number | 'batch' {
  return text === 'dynamic' ? 'batch' : positive(text);
}

async function run(from: string, flags: ExportFlags): Promise<void> {
  const { out: to, kind, entry, batch, half, json } = flags;
  const precision = half ? 'f16' : 'f32';
  const { notes, ...report } = await exportModel({ from, to, kind, entry, batch, precision });
  tellNotes(notes);
  if (json) console.log(JSON.stringify({ path: to, ...report }));
  else print(to, report);
}

function print(to: string, report: Omit<ExportReport, 'notes'>): void {
  const { kind, image, outputs = [], verification, card } = report;
  console.log(
    `Wrote ${to}, ${bytes(report.bytes)}: a ${kind} for images of ${image.height}x${image.width}. Its card is ${card}.`,
  );
  for (const { name, shape } of outputs) console.log(`  ${name.padEnd(17)} [${shape.join(', ')}]`);
  if (!verification) return;
  const { difference, seconds } = verification;
  console.log(
    `Largest difference to um-mae: ${difference.toExponential(1)} (relative). A batch took ${(1000 * seconds.onnxruntime).toFixed(0)} ms in onnxruntime, ${(1000 * seconds.own).toFixed(0)} ms in um-mae.`,
  );
}
