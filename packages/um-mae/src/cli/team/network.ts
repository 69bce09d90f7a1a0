/** Finds the addresses of this host, and the names by which it means itself. */
import { lookup } from 'node:dns/promises';
import { hostname, networkInterfaces } from 'node:os';
import { UmMaeError } from '../../errors.js';
import type { Place } from './cluster.js';

/** The variable that names the interface for Gloo, as in PyTorch. */
export const interfaceVariable = 'GLOO_SOCKET_IFNAME';

type Interfaces = ReturnType<typeof networkInterfaces>;

/**
 * The address of an interface of this host, of IPv4 where it has one.
 *
 * @param names one, or several in the order of preference, with commas between them
 * @throws UmMaeError when none of them is there
 */
export function addressOfInterface(
  names: string,
  interfaces: Interfaces = networkInterfaces(),
): string {
  for (const name of names.split(',')) {
    const addresses = interfaces[name.trim()] ?? [];
    const found =
      addresses.find(({ family }) => family === 'IPv4') ??
      addresses.find(({ scopeid }) => scopeid === 0);
    if (found) return found.address;
  }
  throw new UmMaeError(
    'launcher',
    `Expected one of ${Object.keys(interfaces).join(', ')} as \`${interfaceVariable}\` but got ${names}.`,
  );
}

/** The name of the interface that has an address. */
export function interfaceOf(address: string): string | undefined {
  return Object.entries(networkInterfaces()).find(([, own]) =>
    own?.some((each) => each.address === address),
  )?.[0];
}

/** Whether only the host itself is reached by an address or a name. */
export function isLoopback(address: string): boolean {
  return /^(127\.|::1$|::ffff:127\.|localhost$)/.test(address);
}

/** The address that a name has on this host. @returns undefined for a name that is not known */
export async function addressOfName(name: string): Promise<string | undefined> {
  return lookup(name).then(
    ({ address }) => address,
    () => undefined,
  );
}

/**
 * Checks that process 0 is not looked for on the wrong host.
 *
 * @throws UmMaeError when its host is, by an address or by a name that means the host itself, one
 *   that other hosts do not reach
 */
export async function checkMainHost(place: Place): Promise<void> {
  const { host, rank, localSize, isAcrossHosts } = place;
  // On the main host a name may well mean the host itself: there, addresses of all are compared.
  if (!isAcrossHosts || (rank < localSize && !isLoopback(host))) return;
  const address = isLoopback(host) ? host : await addressOfName(host);
  if (address === undefined || !isLoopback(address)) return;
  const what = address === host ? host : `${host}, which is ${address}`;
  throw new UmMaeError(
    'launcher',
    `Expected the host of process 0 as all hosts reach it but got ${what} on ${hostname()}.\n` +
      'Give its address in the network, by --main or MASTER_ADDR.',
  );
}
