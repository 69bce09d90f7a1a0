/** Notes on the reading of images, on the terminal. */
import { describeRemark, type Remark } from '../../data/sources/remarks.js';
import { printableLine } from '../../printable.js';

/** Prints a line for each remark. */
export function printRemarks(remarks: readonly Remark[]): void {
  for (const remark of remarks) console.log(printableLine(describeRemark(remark)));
}
