/** `um-mae doctor --check`: whether a device computes what it should, check by check. */
import { resolveDevice } from '@um-mae/torch';
import type { Check } from '../../../check/check.js';
import { checkDevice } from '../../../check/check-device.js';
import { missingCases } from '../../../check/parity-checks.js';

interface CheckFlags {
  readonly device: string;
  /** Folder of parity cases, instead of those that come along. */
  readonly cases?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Prints every check when it is made; exit code 1 when one is off. */
export async function checkAndPrint({ device, cases, json }: CheckFlags): Promise<void> {
  // For CUDA's libraries, which read it when they begin: f32 is to mean f32.
  process.env.NVIDIA_TF32_OVERRIDE = '0';
  const warning = missingCases(cases);
  const warnings = warning === undefined ? [] : [warning];
  const place = resolveDevice(device);
  const checks: Check[] = [];
  if (!json) console.log(`${'check'.padEnd(width)}  precision  difference    allowed`);
  for await (const check of checkDevice(place, cases)) {
    checks.push(check);
    if (!json) console.log(line(check));
  }
  const off = checks.filter(({ passed }) => !passed).length;
  if (json) console.log(JSON.stringify({ device: place, checks, off, warnings }));
  else {
    console.log(`\n${checks.length - off} of ${checks.length} checks hold on ${place}`);
    for (const warning of warnings) console.log(`\nWarning: ${warning}`);
  }
  if (off > 0) process.exitCode = 1;
}

const width = 64;

function line({ what, precision, difference, allowed, passed, reason }: Check): string {
  const number = (value: number) => value.toExponential(1).padStart(10);
  return [
    what.padEnd(width),
    precision.padEnd(9),
    number(difference),
    allowed === 0 ? '     equal' : number(allowed),
    passed ? 'ok' : `off${reason === undefined ? '' : ` (${reason})`}`,
  ].join('  ');
}
