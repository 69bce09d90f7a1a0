/** The devices of processes that work together: each takes its own GPU, and they are connected. */
import { devices } from '@um-mae/torch';
import { type GpuExchange, namesOf } from '@um-mae/torch/distributed';
import type { Remark } from '../../data/sources/remarks.js';
import { UmMaeError } from '../../errors.js';
import type { Team } from './team.js';

/** A process among those of all hosts. */
interface Placed {
  readonly rank: number;
  /** The name of the host of each process. */
  readonly hosts: readonly string[];
}

/** The device of a process, and how those of all exchange gradients. */
export interface TeamDevice {
  readonly device: string;
  /** Such as `NCCL 2.30.7`. */
  readonly exchange: string;
  readonly remarks: readonly Remark[];
}

/**
 * The device of one of several processes. Where `cuda` is asked for, it is a GPU of its own: the one
 * with its number on the host, or the only one that it sees.
 *
 * @param gpus those that the process sees
 * @throws UmMaeError when the host has more processes than GPUs
 */
export function ownDevice({ rank, hosts }: Placed, device: string, gpus: number): string {
  if (device !== 'cuda' || gpus === 0) return device;
  const host = hosts[rank];
  const neighbours = hosts.flatMap((name, other) => (name === host ? [other] : []));
  if (gpus === 1) return 'cuda:0';
  if (neighbours.length <= gpus) return `cuda:${neighbours.indexOf(rank)}`;
  throw new UmMaeError(
    'team',
    `Expected at most ${gpus} processes on ${host}, one for each of its GPUs, but got ${neighbours.length}.`,
  );
}

/** The device of this process among those of a team. @throws UmMaeError as `ownDevice` does */
export function deviceIn({ group, rank }: Team, device: string): string {
  const gpus = devices().filter((name) => name.startsWith('cuda:')).length;
  return ownDevice({ rank, hosts: group.hosts }, device, gpus);
}

/**
 * Takes the device for training, as all processes do.
 *
 * @param device as it was asked for
 * @throws UmMaeError in all of them, of the same sentence, when devices are of several kinds, or
 *   processes that asked for a GPU each have got the same one
 * @throws DeviceError when it is not there
 */
export async function takeDevice(team: Team, device: string): Promise<TeamDevice> {
  const [kind = device] = device.split(':');
  await team.agreeOn({ device: kind });
  if (kind === 'cpu') return { device, exchange: 'Gloo', remarks: [] };
  if (kind !== 'cuda') {
    throw new UmMaeError(
      'team',
      `Expected \`--device\` cpu or cuda with several processes but got ${device}.`,
    );
  }
  const own = deviceIn(team, device);
  const exchange = await team.group.joinGpus(own);
  const named = await team.sum([Number(device !== 'cuda')]);
  if (named[0] !== team.size) checkOwnGpus(exchange);
  if (exchange.by === 'nccl')
    return { device: own, exchange: `NCCL ${exchange.version}`, remarks: [] };
  const what = 'reasons to exchange gradients over Gloo and not by NCCL';
  const examples = [exchange.because];
  return { device: own, exchange: 'Gloo', remarks: [{ what, count: 1, examples }] };
}

/** @throws UmMaeError when two processes have the same GPU, which nobody has asked for */
function checkOwnGpus(exchange: GpuExchange): void {
  if (exchange.by === 'nccl' || !exchange.sharing) return;
  throw new UmMaeError(
    'team',
    `Expected at most one process for each GPU but got ${namesOf(exchange.sharing)} on one.\n` +
      'Name the GPU of each process, as --devices cuda:0,cuda:0 does, to let them share it.',
  );
}
