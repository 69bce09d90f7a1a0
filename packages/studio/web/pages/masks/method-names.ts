import type { Method } from '../../masks/settings.js';

export const methodNames: Readonly<Record<Method, string>> = {
  random: 'Random',
  uniform: 'Uniform',
  secondary: 'Uniform + secondary',
};
