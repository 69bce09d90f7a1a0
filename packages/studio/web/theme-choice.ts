export type Theme = 'light' | 'dark';

const key = 'um-mae-theme';

/** What the user has chosen; undefined: what the system prefers. */
export function storedTheme(): Theme | undefined {
  const stored = localStorage.getItem(key);
  return stored === 'light' || stored === 'dark' ? stored : undefined;
}

/** What is shown now. */
export function currentTheme(): Theme {
  const chosen = storedTheme();
  if (chosen) return chosen;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

export function chooseTheme(theme: Theme): void {
  localStorage.setItem(key, theme);
  applyTheme(theme);
}

/** The tokens of `styles/tokens.css` follow this attribute. */
export function applyTheme(theme: Theme | undefined): void {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}
