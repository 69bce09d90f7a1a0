import type { ComponentType } from 'preact';
import type { RunDetails } from '../../../shared/protocol/run-details.js';

/** A part of the page, with an address of its own. */
export interface Part {
  /** The part of the address after the run; empty for the first one. */
  readonly path: string;
  readonly title: string;
  readonly view: ComponentType<PartProps>;
  readonly isFor: (details: RunDetails) => boolean;
}

export interface PartProps {
  readonly details: RunDetails;
  readonly query: URLSearchParams;
}
