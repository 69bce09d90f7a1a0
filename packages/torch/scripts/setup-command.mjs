/** The command that builds the addons: a clone has its own, beside what builds the rest. */
export const setupCommand = import.meta.url.includes('/node_modules/')
  ? 'npx um-mae setup'
  : 'npm run setup';
