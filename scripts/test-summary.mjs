/**
 * Prints one closing line from vitest's JSON report. Run: node scripts/test-summary.mjs report.json
 */
import { readFileSync } from 'node:fs';

const { numPassedTests, numFailedTests, testResults } = JSON.parse(
  readFileSync(process.argv[2], 'utf8'),
);
// A file that fails before its first test counts as one failure.
const brokenFiles = testResults.filter(
  ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
);
console.log(`${numPassedTests} passed, ${numFailedTests + brokenFiles.length} failed`);
