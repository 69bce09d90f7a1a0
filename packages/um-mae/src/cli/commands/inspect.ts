/** `um-mae inspect`: tells what is in a file of weights, and which model it fits. */
import type { Command } from 'commander';
import { type Inspection, inspectWeights, type ModelReport } from '../../weights/inspect.js';
import { bytes, count, counted } from '../format.js';

export function addInspect(program: Command): void {
  program
    .command('inspect')
    .description('Tell what is in a file of weights: names, shapes, and which model it fits')
    .argument('<path>', 'a run, a checkpoint, or a .safetensors or .pth file')
    .option('--json', 'print one JSON object')
    .action((path: string, { json }: { json?: boolean }) => {
      const found = inspectWeights(path);
      if (json) console.log(JSON.stringify(found));
      else print(found);
    });
}

const formats = { safetensors: 'safetensors', pytorch: 'PyTorch checkpoint' } as const;

function print(found: Inspection): void {
  const { tensors, elements } = found;
  const lines = {
    file: `${found.path} (${formats[found.format]})`,
    weights: `${counted(tensors.length, 'tensor')}, ${count(elements)} numbers, ${bytes(found.bytes)}`,
    model: found.model ? modelLine(found.model) : 'not a Swin, PVT or ViT that is known here',
    optimizer: found.optimizer ? 'AdamW state' : 'none',
  };
  for (const [name, value] of Object.entries(lines)) console.log(`${name.padEnd(10)} ${value}`);
  for (const line of found.model ? fitLines(found.model) : [])
    console.log(`${' '.repeat(10)} ${line}`);
  for (const [key, value] of Object.entries(found.metadata)) {
    console.log(`${key.padEnd(10)} ${abbreviate(JSON.stringify(value))}`);
  }
  console.log();
  const width = Math.max(0, ...tensors.map(({ name }) => name.length));
  for (const { name, dtype, shape } of tensors) {
    console.log(`${name.padEnd(width)}  ${dtype.padEnd(4)}  [${shape.join(', ')}]`);
  }
}

function modelLine({ name, method, backbone, recorded }: ModelReport): string {
  const { kind, ...sizes } = backbone;
  const of = name === kind ? ` of ${abbreviate(JSON.stringify(sizes))}` : '';
  const source = recorded ? 'as recorded' : 'by its shapes';
  return `${name}${of}, ${method ?? 'encoder only'}, ${source}`;
}

function fitLines({ fit, problem, open }: ModelReport): string[] {
  const lines = open.length === 0 ? [] : [`not told by the weights: ${open.join(', ')}`];
  if (!fit) return [...lines, problem ?? ''];
  const { matched, missing, unexpected, reshaped } = fit;
  return [
    ...lines,
    `${matched.length} matched, ${missing.length} missing, ${unexpected.length} unexpected, ${reshaped.length} of another shape`,
    ...missing.map((name) => `missing: ${name}`),
    ...unexpected.map((name) => `unexpected: ${name}`),
    ...reshaped.map(
      ({ name, expected, found }) =>
        `of another shape: ${name} [${found.join(', ')}] instead of [${expected.join(', ')}]`,
    ),
  ];
}

function abbreviate(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 197)}...`;
}
