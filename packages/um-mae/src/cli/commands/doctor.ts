/** `um-mae doctor`: what there is on this machine, and what would make it faster. */
import { devices, engine, type ProductRate, productRates } from '@um-mae/torch';
import type { Command } from 'commander';
import { environment } from '../../training/machine.js';
import { findBlas, libtorchFolder } from '../blas.js';
import { bytes } from '../output/format.js';
import { checkAndPrint } from './data/print-checks.js';

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('Show which libtorch, devices and libraries are used, and what slows them down')
    .option(
      '--check',
      'train a little of everything, and compare with the CPU and with stored numbers',
    )
    .option('--device <name>', 'what to check: cpu, cuda, cuda:N or mps (default: cpu)')
    .option('--cases <folder>', 'parity cases to check with (default: those of the package)')
    .option('--json', 'print one JSON object')
    .action(run);
}

interface DoctorFlags {
  readonly check?: boolean;
  readonly device?: string;
  readonly cases?: string;
  readonly json?: boolean;
}

function run({ check, device, cases, json }: DoctorFlags, command: Command): void {
  if (!check && (device ?? cases) !== undefined) {
    command.error('error: expected --check with --device and --cases but got none');
  }
  if (check) checkAndPrint({ device: device ?? 'cpu', cases, json });
  else if (json) console.log(JSON.stringify(report()));
  else print();
}

function report() {
  const { warning, name } = findBlas();
  const rates = productRates();
  const { choices } = engine();
  return {
    ...environment(),
    libtorch: libtorchFolder() ?? null,
    blas: name,
    rates,
    choices: choices ?? null,
    devices: devices(),
    warnings: [warning, oldKernels()].filter((text) => text !== undefined),
  };
}

/** A warning where OpenBLAS runs below the processor, which only its user can have told it. */
function oldKernels(): string | undefined {
  const { libraries, hasOldKernels } = engine();
  if (!hasOldKernels) return undefined;
  return `OpenBLAS uses kernels for ${libraries.openblasKernels}, which is older than this processor; unset OPENBLAS_CORETYPE.`;
}

/** Words what a library reaches, by precision. */
function reached(rates: readonly ProductRate[], library: ProductRate['library']): string {
  return rates
    .filter((rate) => rate.library === library)
    .map(({ dtype, flopsPerSecond }) => `${(flopsPerSecond / 1e9).toFixed(0)} GFLOP/s in ${dtype}`)
    .join(', ');
}

function print(): void {
  const found = report();
  const { versions, products, rates } = found;
  const kernels = products.kernels === null ? '' : `, kernels for ${products.kernels}`;
  const lines = {
    'um-mae': versions['um-mae'],
    Node: versions.node,
    libtorch: `${versions.libtorch}${found.libtorch === null ? '' : ` in ${found.libtorch}`}`,
    BLAS: `${found.blas}${kernels}: ${reached(rates, 'BLAS')}`,
    oneDNN: `${products.onednn ?? 'none'}: ${reached(rates, 'oneDNN') || 'not used for products'}`,
    products: found.choices
      ? `${found.choices.known} kinds measured, in ${found.choices.file}`
      : 'by BLAS',
    devices: found.devices.join(', '),
    processor: `${found.processor}, ${found.cores} cores, ${found.threads} threads for libtorch`,
    instructions: found.instructions.join(', '),
    memory: bytes(found.memoryBytes),
    sharp: `${versions.sharp} (libvips ${versions.libvips})`,
  };
  for (const [name, value] of Object.entries(lines)) console.log(`${name.padEnd(12)} ${value}`);
  for (const warning of found.warnings) console.log(`\nWarning: ${warning}`);
}
