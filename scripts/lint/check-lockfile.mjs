#!/usr/bin/env node
/** Checks package-lock.json: `node scripts/lint/check-lockfile.mjs`. Ends with 1 at a fault. */
import { readFileSync } from 'node:fs';
import { exit } from 'node:process';
import { lockfileFaults } from './lockfile.mjs';

const lockfile = new URL('../../package-lock.json', import.meta.url);
const faults = lockfileFaults(JSON.parse(readFileSync(lockfile, 'utf8')).packages);
for (const fault of faults) console.error(fault);
if (faults.length > 0) exit(1);
