/** Two hosts on one machine: network namespaces with a name and a disk of their own, and a cable. */
import { execFileSync } from 'node:child_process';

const ip = (...words) => execFileSync('ip', words, { stdio: ['ignore', 'pipe', 'pipe'] });
const hosts = [
  { name: 'um-north', address: '10.77.0.1', link: 'um-veth-n' },
  { name: 'um-south', address: '10.77.0.2', link: 'um-veth-s' },
];

/** Calls a function with two hosts that a cable joins. @param rate of the cable, as of tc */
export async function withHosts(rate, body) {
  removeHosts();
  for (const { name } of hosts) ip('netns', 'add', name);
  const [north, south] = hosts;
  ip('link', 'add', north.link, 'type', 'veth', 'peer', 'name', south.link);
  for (const { name, address, link } of hosts) {
    ip('link', 'set', link, 'netns', name);
    ip('-n', name, 'address', 'add', `${address}/24`, 'dev', link);
    for (const each of ['lo', link]) ip('-n', name, 'link', 'set', each, 'up');
    const limit = ['rate', rate, 'burst', '256kb', 'latency', '50ms'];
    execFileSync('tc', ['-n', name, 'qdisc', 'add', 'dev', link, 'root', 'tbf', ...limit]);
  }
  try {
    return await body(hosts, {
      cut: () => ip('-n', north.name, 'link', 'set', north.link, 'down'),
    });
  } finally {
    removeHosts();
  }
}

/** The words that run a command on a host. */
export function onHost({ name }, words) {
  const own = ['sh', '-c', `hostname ${name}; exec "$@"`, 'sh', ...words];
  return ['ip', 'netns', 'exec', name, 'unshare', '--uts', ...own];
}

function removeHosts() {
  for (const { name } of hosts) {
    try {
      ip('netns', 'delete', name);
    } catch {}
  }
}
