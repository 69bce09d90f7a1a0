import type { JSX } from 'preact';
import { goTo, type PageProps } from '../../routing.js';
import { MaskExplorer } from './mask-explorer.js';

export function MasksPage({ query }: PageProps): JSX.Element {
  return <MaskExplorer query={query} onQuery={keepInAddress} />;
}

function keepInAddress(query: string): void {
  goTo(query === '' ? location.pathname : `${location.pathname}?${query}`, { replace: true });
}
