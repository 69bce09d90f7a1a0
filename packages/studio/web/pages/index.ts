/** Every page, in the order of the navigation. */
import type { Page } from '../routing.js';
import { RunsPage } from './runs/runs-page.js';

export const pages: readonly Page[] = [
  { path: '/', title: 'Runs', isListed: true, view: RunsPage },
];
