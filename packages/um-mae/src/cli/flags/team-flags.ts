/** Flags of commands that several processes run together. */
import type { Command } from 'commander';
import { type Place, placeIn } from '../cluster.js';
import { positive } from './option-values.js';

export interface TeamFlags {
  readonly devices: number;
  /** Seconds. */
  readonly patience: number;
}

export function addTeamFlags(command: Command): Command {
  return command
    .option('--devices <n>', 'processes that share the work on this machine', positive, 1)
    .option('--patience <seconds>', 'longest wait for another process', positive, 600);
}

/** The place that a launcher gave this process among several; undefined for a process alone. */
export function placeOf({ devices }: TeamFlags, command: Command): Place | undefined {
  const place = placeIn(process.env);
  if (place && devices > 1)
    command.error(`error: expected no --devices in one of ${place.size} processes but got it`);
  return place;
}
