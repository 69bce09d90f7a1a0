/** `um-mae doctor`: what there is on this machine, and what would make it faster. */
import type { Command } from 'commander';
import { startLibtorch } from '../../start-libtorch.js';
import type { DoctorReport } from './doctor-report.js';

export function addDoctor(command: Command): void {
  command
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

async function run(flags: DoctorFlags, command: Command): Promise<void> {
  const { check, device, cases, json } = flags;
  if (!check && (device ?? cases) !== undefined) {
    command.error('error: expected --check with --device and --cases but got none');
  }
  if (check) {
    await startLibtorch();
    const { checkAndPrint } = await import('./print-checks.js');
    return checkAndPrint({ device: device ?? 'cpu', cases, json });
  }
  const obstacle = await obstacleToLibtorch();
  const { warnings, ...report } =
    obstacle === undefined
      ? await (await import('./full-report.js')).fullReport()
      : (await import('./bare-report.js')).bareReport(obstacle);
  if (json) console.log(JSON.stringify({ ...report.found, warnings }));
  else print({ ...report, warnings });
}

/** Returns the reason why libtorch does not start, where it does not. */
async function obstacleToLibtorch(): Promise<string | undefined> {
  try {
    await startLibtorch();
    return undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'load') return error.message;
    throw error;
  }
}

function print({ lines, warnings }: DoctorReport): void {
  for (const [name, value] of Object.entries(lines)) console.log(`${name.padEnd(12)} ${value}`);
  for (const warning of warnings) console.log(`\nWarning: ${warning}`);
}
