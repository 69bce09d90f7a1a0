/** `um-mae export`: a trained model as a file that runs without us. */
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { type ExportKind, exportOnnx } from '../../export/export-onnx.js';
import { bytes } from '../format.js';
import { positive } from '../option-values.js';
import { packageVersion } from '../package-version.js';

interface ExportFlags {
  readonly out: string;
  readonly kind?: ExportKind;
  readonly batch: number | 'batch';
  readonly json?: boolean;
}

export function addExport(program: Command): void {
  program
    .command('export')
    .description('Write a trained model as ONNX, checked by running it')
    .argument('<from>', 'a run, a checkpoint, or a .safetensors or .pth file')
    .requiredOption('--out <file>', 'the .onnx file to write', onnx)
    .addOption(
      new Option(
        '--kind <kind>',
        'backbone: feature maps and an embedding; classifier: logits (default: what <from> is)',
      ).choices(['backbone', 'classifier']),
    )
    .option('--batch <n>', 'images at once, or dynamic', batch, 'batch')
    .option('--json', 'print one JSON object')
    .action(run);
}

function onnx(text: string): string {
  if (!/\.onnx$/i.test(text)) throw new InvalidArgumentError('Expected a file that ends in .onnx.');
  return text;
}

function batch(text: string): number | 'batch' {
  return text === 'dynamic' ? 'batch' : positive(text);
}

async function run(from: string, { out: to, kind, batch, json }: ExportFlags): Promise<void> {
  const report = await exportOnnx({ from, to, kind, batch, version: packageVersion() });
  if (json) {
    console.log(JSON.stringify({ path: to, ...report }));
    return;
  }
  const { image, outputs, verification } = report;
  const { difference, seconds } = verification;
  console.log(
    `Wrote ${to}, ${bytes(report.bytes)}: a ${report.kind} for images of ${image.height}x${image.width}.`,
  );
  for (const { name, shape } of outputs) console.log(`  ${name.padEnd(10)} [${shape.join(', ')}]`);
  console.log(
    `onnxruntime differs from us by ${difference.toExponential(1)} relative, and took ${(1000 * seconds.onnxruntime).toFixed(0)} ms for a batch where we took ${(1000 * seconds.own).toFixed(0)}.`,
  );
}
