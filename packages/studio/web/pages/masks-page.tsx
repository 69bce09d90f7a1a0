/** The mask explorer as a page of the studio: its settings are in the address. */
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { MaskExplorer } from '../masks/explorer.js';
import { type ExplorerSettings, queryOf, settingsFrom } from '../masks/settings.js';
import { goTo, type PageProps } from '../routing.js';

export function MasksPage({ query }: PageProps): JSX.Element {
  const text = query.toString();
  const settings = useMemo(() => settingsFrom(new URLSearchParams(text)), [text]);
  const change = (next: ExplorerSettings) => goTo(`/masks?${queryOf(next)}`, { replace: true });
  return (
    <>
      <h1>Masks</h1>
      <MaskExplorer settings={settings} onChange={change} />
    </>
  );
}
