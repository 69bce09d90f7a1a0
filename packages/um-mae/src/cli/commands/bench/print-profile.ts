/** Prints the tables of `um-mae bench --profile`. */
import type { Share, StepProfile } from '../../../bench/step-benchmark.js';
import { bytes } from '../../output/format.js';

/** Longer lists are cut: what is left out is little. */
const shown = 25;

export function printProfile({ seconds, operators, modules }: StepProfile): void {
  console.log(`one step  ${seconds.toFixed(2)} s`);
  printShares('operator', operators, seconds);
  printShares('module', modules, seconds);
}

function printShares(title: string, shares: readonly Share[], total: number): void {
  console.log(`\n      ms  share   calls    made  pass      ${title}`);
  for (const { name, backward, seconds, calls, bytes: made } of shares.slice(0, shown)) {
    const columns = [
      (1000 * seconds).toFixed(1).padStart(8),
      `${((100 * seconds) / total).toFixed(1)} %`.padStart(7),
      String(calls).padStart(7),
      bytes(made).padStart(8),
      backward ? 'backward' : 'forward ',
      shortened(name),
    ];
    console.log(columns.join(' '));
  }
}

/** Operators written in C++ go by the name of a class. */
function shortened(name: string): string {
  return name.replace(/^torch::autograd::CppNode<.*::(\w+)>$/, 'um::$1 (gradient)');
}
