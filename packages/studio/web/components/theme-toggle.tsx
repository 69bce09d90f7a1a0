import type { JSX } from 'preact';
import { chooseTheme } from '../theme-choice.js';
import { useTheme } from '../use-theme.js';

export function ThemeToggle(): JSX.Element {
  const theme = useTheme();
  const other = theme === 'dark' ? 'light' : 'dark';
  return (
    <button
      type="button"
      class="quiet theme-toggle"
      onClick={() => chooseTheme(other)}
      aria-label={`Use ${other} colours`}
    >
      {theme === 'dark' ? 'Light' : 'Dark'}
    </button>
  );
}
