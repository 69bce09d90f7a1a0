#!/usr/bin/env node
/**
 * `npm run licences`: lists the licences of all packages that a run needs. Ends with 1 where one is
 * not among those that are allowed.
 */
import { exit } from 'node:process';
import { licences, refusedLicences } from './bundle/licences.mjs';

for (const { name, version, license } of licences()) console.log(`${license}\t${name} ${version}`);
const refused = refusedLicences();
for (const { name, license } of refused)
  console.error(`Expected a licence of ${name} that is allowed but got ${license}.`);
if (refused.length > 0) exit(1);
