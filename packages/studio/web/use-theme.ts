import { useEffect, useState } from 'preact/hooks';
import { currentTheme, type Theme, watchTheme } from './theme-choice.js';

/**
 * Returns the theme that is shown, and follows its changes: canvases do not change their colours by
 * themselves.
 */
export function useTheme(): Theme {
  const [theme, setTheme] = useState(currentTheme);
  useEffect(() => watchTheme(() => setTheme(currentTheme())), []);
  return theme;
}
