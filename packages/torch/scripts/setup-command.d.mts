/** The command that builds the addons: a clone has its own, beside what builds the rest. */
export const setupCommand: string;
