/** The options that all commands below `bench` share. */
import type { Command } from 'commander';

/**
 * The options of a command below `bench`. That has options of the same names, which take every
 * value that the user wrote; what they are by default is none of the command's business.
 */
export function ownOptions<Flags>(command: Command): Flags {
  const options: Record<string, unknown> = { ...command.opts() };
  const above = command.parent?.opts() ?? {};
  for (const [name, value] of Object.entries(above)) {
    if (command.parent?.getOptionValueSource(name) === 'cli') options[name] = value;
  }
  return options as Flags;
}
