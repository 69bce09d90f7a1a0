/**
 * Light or dark: what the system prefers, until the user chooses. Runs by itself before anything is
 * painted.
 */
import { applyTheme, storedTheme } from './theme-choice.js';

applyTheme(storedTheme());
