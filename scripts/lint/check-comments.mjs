#!/usr/bin/env node
/**
 * Checks doc comments: `node scripts/lint/check-comments.mjs`. Ends with 1 when there is a
 * fragment.
 */
import { exit } from 'node:process';
import { fileURLToPath } from 'node:url';
import { fragments } from './comments.mjs';

const findings = fragments(fileURLToPath(new URL('../..', import.meta.url)));
for (const finding of findings) console.error(finding);
if (findings.length > 0) exit(1);
