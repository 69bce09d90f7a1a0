/**
 * The mask explorer as a page of its own, that needs no server: one file, its settings after the
 * `#`.
 */
import { type JSX, render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ThemeToggle } from './components/theme-toggle.js';
import { MaskExplorer } from './pages/masks/mask-explorer.js';
import { applyTheme, storedTheme } from './theme-choice.js';
import './styles/tokens.css';
import './styles/base.css';

function Alone(): JSX.Element {
  const [query, setQuery] = useState(queryAfterHash);
  useEffect(() => {
    const update = () => setQuery(queryAfterHash());
    addEventListener('hashchange', update);
    return () => removeEventListener('hashchange', update);
  }, []);
  return (
    <>
      <header class="top">
        <span class="brand">um-mae</span>
        <nav />
        <ThemeToggle />
      </header>
      <main id="content">
        <MaskExplorer query={query} onQuery={keepAfterHash} />
      </main>
    </>
  );
}

function queryAfterHash(): URLSearchParams {
  return new URLSearchParams(location.hash.slice(1));
}

/** A page that is opened as a file may change nothing else of its address. */
function keepAfterHash(query: string): void {
  history.replaceState(null, '', `#${query}`);
}

applyTheme(storedTheme());
document.title = 'Masks · um-mae';
render(<Alone />, document.body);
