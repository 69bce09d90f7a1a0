/** The options that commands below `bench` read alike, and the steps that they compare. */
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

/** The training steps that are measured beside others', by the options of `um-mae bench`. */
export const benchSteps = {
  'swin-tiny um-mae': { model: 'swin-tiny', method: 'um-mae' },
  'swin-tiny simmim': { model: 'swin-tiny', method: 'simmim' },
  'pvt-small um-mae': { model: 'pvt-small', method: 'um-mae' },
  /** A ViT with the decoder of UM-MAE's experiments. */
  'vit-base mae, 2 blocks': { model: 'vit-base', method: 'mae', set: 'decoder.depth=2' },
} as const;
