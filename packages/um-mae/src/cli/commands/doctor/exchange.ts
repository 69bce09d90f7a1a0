/** Collects what `um-mae doctor` finds on exchanges of several processes, over Gloo and by NCCL. */
import { hostname } from 'node:os';
import { type FoundNccl, findNccl } from '@um-mae/torch/distributed';
import type { Variables } from '../../team/cluster.js';
import {
  addressOfInterface,
  addressOfName,
  interfaceOf,
  interfaceVariable,
  isLoopback,
} from '../../team/network.js';

/** The address that other hosts are told, unless a process says by which it reaches the first. */
interface GlooAddress {
  readonly address: string | null;
  readonly interface: string | null;
}

/** The ways of tensors between processes. */
export interface Exchange {
  readonly gloo: GlooAddress;
  readonly nccl: FoundNccl;
}

/** @throws UmMaeError when the interface that a variable names is not there */
export async function findExchange(): Promise<Exchange> {
  const named = process.env[interfaceVariable];
  const address = named ? addressOfInterface(named) : await addressOfName(hostname());
  const gloo =
    address === undefined
      ? { address: null, interface: null }
      : { address, interface: interfaceOf(address) ?? null };
  return { gloo, nccl: findNccl() };
}

/** Words both as lines of the report. */
export function describeExchange({ gloo, nccl }: Exchange): Record<'Gloo' | 'NCCL', string> {
  return {
    Gloo: describeAddress(gloo),
    NCCL: 'version' in nccl ? nccl.version : `none: ${nccl.missing}`,
  };
}

function describeAddress({ address, interface: name }: GlooAddress): string {
  if (address === null) return `no address of ${hostname()}`;
  const place = name === null ? address : `${address} (${name})`;
  return isLoopback(address)
    ? `at ${place}, for processes of this host alone`
    : `at ${place} for other hosts`;
}

/**
 * A warning where this host would give others an address that none of them reaches, and somebody
 * means to train with others: an interface is named, or a launcher has started several processes.
 */
export function unreachable(
  { gloo: { address } }: Exchange,
  variables: Variables = process.env,
): string | undefined {
  const sizes = [variables.WORLD_SIZE, variables.SLURM_JOB_NUM_NODES];
  const isMeant =
    variables[interfaceVariable] !== undefined || sizes.some((size) => Number(size) > 1);
  if (!isMeant || address === null || !isLoopback(address)) return undefined;
  return `This host, ${hostname()}, gives other hosts the address ${address}, by which they do not reach it; to train on several, name the first by its address in the network, or set ${interfaceVariable} to an interface.`;
}
