/** Flags of commands that several processes run together. */
import { type Command, InvalidArgumentError } from 'commander';
import { UmMaeError } from '../../errors.js';
import { type Place, placeIn } from '../team/cluster.js';
import type { MainHost, NodeFlags } from '../team/nodes.js';
import { natural, positive } from './option-values.js';

/** A number of processes, one for each GPU, or the GPUs themselves. */
export type Devices = number | 'all' | readonly number[];

export interface TeamFlags extends NodeFlags {
  readonly devices?: Devices | undefined;
  /** Seconds. */
  readonly patience: number;
}

export function addTeamFlags(command: Command): Command {
  return command
    .option(
      '--devices <n>',
      'processes that share the work on this machine: a number, all (GPUs), or cuda:0,2,3',
      devices,
    )
    .option('--nodes <n>', 'hosts that share the work, each with as many processes', positive)
    .option('--node-rank <n>', 'the number of this host among them, from 0', natural)
    .option('--main <host:port>', 'where host 0 is reached by the others', mainHost)
    .option('--patience <seconds>', 'longest wait for another process', positive, 600);
}

/**
 * The place that a launcher gave this process among several; undefined for a process alone.
 *
 * @throws UmMaeError when it is to start others itself
 */
export function placeOf({ devices }: TeamFlags): Place | undefined {
  const place = placeIn(process.env);
  if (!place || devices === undefined) return place;
  throw new UmMaeError(
    'launcher',
    `Expected no \`--devices\` in process ${place.rank} of ${place.size} that a launcher has started but got it.\n` +
      'Leave it out, or start one process on each host with --nodes, --node-rank and --main.',
  );
}

function devices(text: string): Devices {
  if (text === 'all') return text;
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  // One that is named twice has two processes.
  if (/^cuda:\d+(,(cuda:)?\d+)*$/.test(text))
    return text.split(',').map((each) => Number(each.replace('cuda:', '')));
  throw new InvalidArgumentError('Expected a whole number above 0, all, or such as cuda:0,2,3.');
}

function mainHost(text: string): MainHost {
  const [, host, port] = /^(.+):(\d+)$/.exec(text) ?? [];
  const number = Number(port);
  if (host && number > 0 && number < 65_536)
    return { host: host.replace(/^\[(.*)\]$/, '$1'), port: number };
  throw new InvalidArgumentError('Expected HOST:PORT.');
}
