/** The processes that a command line asks for, without libtorch. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { UmMaeError } from '../../errors.js';
import { addTeamFlags, type Devices, type TeamFlags } from '../flags/team-flags.js';
import { bareProgram } from '../program.js';
import { isLaunched, placeIn, type Variables } from './cluster.js';
import { type Nodes, nodesIn } from './nodes.js';

/** The processes of one host. */
export interface Processes {
  readonly nodes: Nodes;
  /** The device of each process; undefined where the command chooses it. */
  readonly devices: readonly (string | undefined)[];
  /** The arguments that all share. */
  readonly args: readonly string[];
}

interface LaunchFlags extends TeamFlags {
  readonly device?: string;
}

/** The commands that several processes run together. */
const sharedCommands: readonly string[] = [
  'pretrain',
  'finetune',
  'evaluate',
  'predict',
  'probe',
  'embed',
];

/**
 * Finds the processes that a command line, or a Trainer of Kubeflow, wants to be started here.
 *
 * @returns undefined where the command runs in this process
 * @throws UmMaeError or CommanderError when flags or variables do not fit together
 */
export function processesIn(args: readonly string[], variables: Variables): Processes | undefined {
  if (!sharedCommands.includes(args[0] ?? '') || isLaunched(variables)) return undefined;
  if (args.includes('--help') || args.includes('-h')) return undefined;
  const { flags, rest } = parse(args);
  const { device, nodes, nodeRank, main, patience } = flags;
  const hasNodes = [nodes, nodeRank, main].some((value) => value !== undefined);
  const wanted = flags.devices ?? podDevices(flags, variables);
  // Each pod, or task, that a cluster has started is one process.
  if (wanted === undefined && !hasNodes && !isTrainer(variables)) return undefined;
  if (flags.devices !== undefined && !hasNodes && isInside(variables)) return undefined;
  const found = nodesIn({ nodes, nodeRank, main }, variables);
  const devices = devicesOf(wanted ?? 1, device);
  const [only] = devices;
  if (found.count === 1 && devices.length === 1 && only === device) return undefined;
  return { nodes: found, devices, args: [...rest, '--patience', `${patience}`] };
}

/** Takes the flags that are the launcher's out of a command line. */
function parse(args: readonly string[]): {
  readonly flags: LaunchFlags;
  readonly rest: readonly string[];
} {
  const command = addTeamFlags(bareProgram().helpOption(false)).option('--device <name>');
  const { operands, unknown } = command.parseOptions([...args]);
  return { flags: command.opts<LaunchFlags>(), rest: [...operands, ...unknown] };
}

/** Whether this is a pod of Kubeflow's Trainer, which expects a launcher in it. */
function isTrainer(variables: Variables): boolean {
  const { PET_NNODES, RANK, LOCAL_RANK } = variables;
  return PET_NNODES !== undefined && RANK === undefined && LOCAL_RANK === undefined;
}

/** Whether a launcher has started this process for one device; pods of Kubeflow are hosts. */
function isInside(variables: Variables): boolean {
  const isPod = variables.RANK !== undefined && variables.LOCAL_RANK === undefined;
  return placeIn(variables) !== undefined && !isPod;
}

/** The processes of a pod, where it says so. */
function podDevices({ device }: LaunchFlags, variables: Variables): Devices | undefined {
  const { PET_NPROC_PER_NODE: count, LOCAL_RANK } = variables;
  if (count === undefined || count === '1' || LOCAL_RANK !== undefined) return undefined;
  if (count === 'gpu') return 'all';
  if (count === 'auto') return device === 'cuda' ? 'all' : undefined;
  if (/^[1-9]\d*$/.test(count)) return Number(count);
  throw new UmMaeError(
    'launcher',
    `Expected a whole number, gpu or auto as \`PET_NPROC_PER_NODE\` but got ${count}.`,
  );
}

/** The device of each process. */
function devicesOf(devices: Devices, device: string | undefined): (string | undefined)[] {
  if (typeof devices === 'number') {
    if (devices > 1 && device?.includes(':')) throw unfit('cuda or cpu', { devices, device });
    const isGpus = devices > 1 && device === 'cuda';
    return Array.from({ length: devices }, (_, i) => (isGpus ? `cuda:${i}` : device));
  }
  if (device !== undefined && device !== 'cuda')
    throw unfit('cuda', { devices: devices === 'all' ? devices : `cuda:${devices}`, device });
  return devices === 'all' ? gpus() : devices.map((each) => `cuda:${each}`);
}

function unfit(
  expected: string,
  { devices, device }: { readonly devices: string | number; readonly device: string | undefined },
): UmMaeError {
  return new UmMaeError(
    'launcher',
    `Expected \`--device\` ${expected} with \`--devices\` ${devices} but got ${device}.`,
  );
}

function gpus(): string[] {
  const program = fileURLToPath(new URL('count-gpus.js', import.meta.url));
  const count = Number(execFileSync(process.execPath, [program], { encoding: 'utf8' }));
  if (count > 0) return Array.from({ length: count }, (_, i) => `cuda:${i}`);
  throw new UmMaeError(
    'launcher',
    'Expected GPUs for `--devices` all but libtorch found none.\nGive a number of processes.',
  );
}
