export type Theme = 'light' | 'dark';

const key = 'um-mae-theme';
const chosen = 'um-mae-theme-chosen';

/** Returns the theme that the user has chosen, or undefined to follow the system. */
export function storedTheme(): Theme | undefined {
  const stored = localStorage.getItem(key);
  return stored === 'light' || stored === 'dark' ? stored : undefined;
}

/** Returns the theme that is shown now. */
export function currentTheme(): Theme {
  return storedTheme() ?? (systemQuery().matches ? 'dark' : 'light');
}

export function chooseTheme(theme: Theme): void {
  localStorage.setItem(key, theme);
  applyTheme(theme);
  dispatchEvent(new Event(chosen));
}

/** The tokens of `styles/tokens.css` follow this attribute. */
export function applyTheme(theme: Theme | undefined): void {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}

/** @returns what stops calling `changed` when other colours are shown */
export function watchTheme(changed: () => void): () => void {
  const query = systemQuery();
  query.addEventListener('change', changed);
  addEventListener(chosen, changed);
  return () => {
    query.removeEventListener('change', changed);
    removeEventListener(chosen, changed);
  };
}

function systemQuery(): MediaQueryList {
  return matchMedia('(prefers-color-scheme: dark)');
}
