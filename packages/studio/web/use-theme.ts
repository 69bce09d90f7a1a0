import { useEffect, useState } from 'preact/hooks';
import { currentTheme, type Theme, watchTheme } from './theme-choice.js';

/** What is shown now, as it changes: for canvases, whose colours do not follow by themselves. */
export function useTheme(): Theme {
  const [theme, setTheme] = useState(currentTheme);
  useEffect(() => watchTheme(() => setTheme(currentTheme())), []);
  return theme;
}
