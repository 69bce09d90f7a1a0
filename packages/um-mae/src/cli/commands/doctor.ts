/** `um-mae doctor`: what there is on this machine, and what would make it faster. */
import { devices } from '@um-mae/torch';
import type { Command } from 'commander';
import { environment } from '../../training/machine.js';
import { findBlas, libtorchFolder } from '../blas.js';
import { bytes } from '../format.js';
import { checkAndPrint } from './print-checks.js';

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
  return {
    ...environment(),
    libtorch: libtorchFolder() ?? null,
    blas: name,
    devices: devices(),
    warnings: warning === undefined ? [] : [warning],
  };
}

function print(): void {
  const found = report();
  const { versions } = found;
  const lines = {
    'um-mae': versions['um-mae'],
    Node: versions.node,
    libtorch: `${versions.libtorch}${found.libtorch === null ? '' : ` in ${found.libtorch}`}`,
    BLAS: found.blas,
    devices: found.devices.join(', '),
    processor: `${found.processor}, ${found.cores} cores, ${found.threads} threads for libtorch`,
    memory: bytes(found.memoryBytes),
    sharp: `${versions.sharp} (libvips ${versions.libvips})`,
  };
  for (const [name, value] of Object.entries(lines)) console.log(`${name.padEnd(10)} ${value}`);
  for (const warning of found.warnings) console.log(`\nWarning: ${warning}`);
}
