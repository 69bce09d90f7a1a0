/** Every page, in the order of the navigation. */
import type { Page } from '../routing.js';
import { ComparePage } from './compare/compare-page.js';
import { MasksPage } from './masks/masks-page.js';
import { RunPage } from './run/run-page.js';
import { RunsPage } from './runs/runs-page.js';

export const pages: readonly Page[] = [
  { path: '/', title: 'Runs', isListed: true, view: RunsPage },
  { path: '/masks', title: 'Masks', isListed: true, view: MasksPage },
  { path: '/compare', title: 'Compare', isListed: false, view: ComparePage },
  { path: '/runs/:id', title: 'Run', isListed: false, view: RunPage },
  { path: '/runs/:id/:part', title: 'Run', isListed: false, view: RunPage },
];
