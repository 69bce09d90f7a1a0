/** `um-mae inspect`: tells what is in a file of weights, and which model it fits. */
import type { Command } from 'commander';
import { counted } from '../../counted.js';
import type { Inspection, ModelReport } from '../../models/inspect.js';
import { printableLine } from '../../printable.js';
import { entryOption, verifyOption } from '../flags/option-values.js';
import { bytes, count } from '../output/format.js';

interface InspectFlags {
  readonly entry?: string;
  readonly verify: boolean;
  readonly json?: boolean;
}

export function addInspect(command: Command): void {
  command
    .argument('<path>', 'a run, a checkpoint, or a file of weights, whatever it is called')
    .option(...entryOption)
    .option(...verifyOption)
    .option('--json', 'print one JSON object')
    .action(async (path: string, { json, ...choices }: InspectFlags) => {
      const { inspectWeights } = await import('../../models/inspect.js');
      const found = inspectWeights(path, choices);
      if (json) console.log(JSON.stringify(found));
      else print(found);
    });
}

const formats = { safetensors: 'safetensors', pytorch: 'PyTorch checkpoint' } as const;

function print(found: Inspection): void {
  for (const line of linesOf(found)) console.log(printableLine(line));
}

function* linesOf(found: Inspection): Generator<string> {
  const { tensors, elements, model } = found;
  const row = (name: string, value: string) => `${name.padEnd(10)} ${value}`;
  yield row('file', `${found.path} (${formats[found.format]})`);
  yield row(
    'weights',
    `${counted(tensors.length, 'tensor')}, ${count(elements)} numbers, ${bytes(found.bytes)}`,
  );
  yield row('model', model ? modelLine(model) : 'not a Swin, PVT or ViT that is known here');
  for (const line of model ? fitLines(model) : []) yield row('', line);
  for (const note of found.notes) yield row('note', note);
  yield row('optimizer', found.optimizer ? 'AdamW state' : 'none');
  for (const [key, value] of Object.entries(found.metadata)) {
    yield row(key, abbreviate(JSON.stringify(value)));
  }
  yield '';
  const width = tensors.reduce((longest, { name }) => Math.max(longest, name.length), 0);
  for (const { name, dtype, shape } of tensors) {
    yield `${name.padEnd(width)}  ${dtype.padEnd(4)}  [${shape.join(', ')}]`;
  }
}

function modelLine({ name, method, network, classes, backbone, recorded }: ModelReport): string {
  const { kind, ...sizes } = backbone;
  const of = name === kind ? ` of ${abbreviate(JSON.stringify(sizes))}` : '';
  const source = recorded ? 'as recorded' : 'by its shapes';
  const extent = classes === null ? '' : ` of ${counted(classes, 'class', 'classes')}`;
  const rest = network && `${network}${extent}`;
  return `${name}${of}, ${method ?? rest ?? 'encoder only'}, ${source}`;
}

function fitLines({ fit, problem, open }: ModelReport): string[] {
  const lines = open.length === 0 ? [] : [`not determined by the weights: ${open.join(', ')}`];
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
