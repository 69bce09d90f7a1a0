/** The mask explorer as a page by itself, in one file, which needs no server: its settings are behind the `#`. */
import { render } from 'preact';
import { useState } from 'preact/hooks';
import { MaskExplorer } from './masks/explorer.js';
import { type ExplorerSettings, queryOf, settingsFrom } from './masks/settings.js';
import './styles/tokens.css';
import './styles/base.css';

function MasksAlone() {
  const [settings, setSettings] = useState(() =>
    settingsFrom(new URLSearchParams(location.hash.slice(1))),
  );
  const change = (next: ExplorerSettings) => {
    setSettings(next);
    history.replaceState(null, '', `#${queryOf(next)}`);
  };
  return (
    <main>
      <h1>Masks of um-mae</h1>
      <MaskExplorer settings={settings} onChange={change} />
    </main>
  );
}

render(<MasksAlone />, document.body);
