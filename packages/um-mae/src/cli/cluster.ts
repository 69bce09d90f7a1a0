/** The place that a launcher gave this process among several, read off its variables. */
import { UmMaeError } from '../errors.js';

/** A process among several. */
export interface Place {
  /** The number of this process, from 0. */
  readonly rank: number;
  readonly size: number;
  /** Processes on this host. */
  readonly localSize: number;
  /** The host of process 0. */
  readonly host: string;
  /** The port of process 0; 0 is one that the system chooses, and the launcher passes on. */
  readonly port: number;
  /** Whether this process listens there. */
  readonly serves: boolean;
  /** The name of the group: another one after each restart. */
  readonly name: string;
}

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The place of this process, as torchrun, Kubeflow, um-mae itself, Slurm or Open MPI tell it.
 *
 * @returns undefined for a process alone
 * @throws UmMaeError naming a variable that is missing, or is no number
 */
export function placeIn(variables: Variables): Place | undefined {
  if (several(variables, 'WORLD_SIZE')) return torchrunPlace(variables);
  if (several(variables, 'SLURM_STEP_NUM_TASKS')) return slurmPlace(variables);
  if (several(variables, 'OMPI_COMM_WORLD_SIZE')) return openMpiPlace(variables);
  return undefined;
}

/** Whether `--devices` has started this process, over whose channel the port and wishes come. */
export function isLaunched({ MASTER_PORT }: Variables): boolean {
  return MASTER_PORT === '0';
}

function several(variables: Variables, name: string): boolean {
  return variables[name] !== undefined && numberIn(variables, name) > 1;
}

function torchrunPlace(variables: Variables): Place {
  const rank = numberIn(variables, 'RANK');
  return {
    rank,
    size: numberIn(variables, 'WORLD_SIZE'),
    localSize: variables.LOCAL_WORLD_SIZE ? numberIn(variables, 'LOCAL_WORLD_SIZE') : 1,
    ...mainIn(variables),
    // torchrun's agent may listen itself.
    serves: rank === 0 && variables.TORCHELASTIC_USE_AGENT_STORE !== 'True',
    name: `start-${variables.TORCHELASTIC_RESTART_COUNT ?? 0}`,
  };
}

/** Slurm names no main host and no port: the first host of the step, and one from its number. */
function slurmPlace(variables: Variables): Place {
  const rank = numberIn(variables, 'SLURM_PROCID');
  const job = numberIn(variables, 'SLURM_JOB_ID');
  const step = numberIn(variables, 'SLURM_STEP_ID');
  const found = {
    host: firstHost(textIn(variables, 'SLURM_STEP_NODELIST')),
    port: 15_000 + ((job * 31 + step) % 15_000),
  };
  return {
    rank,
    size: numberIn(variables, 'SLURM_STEP_NUM_TASKS'),
    // Such as 4(x2),3: of the first host, and about that of the others.
    localSize: Number.parseInt(variables.SLURM_STEP_TASKS_PER_NODE ?? '1', 10),
    ...(variables.MASTER_ADDR === undefined ? found : mainIn(variables)),
    serves: rank === 0,
    name: `start-${variables.SLURM_RESTART_COUNT ?? 0}`,
  };
}

function openMpiPlace(variables: Variables): Place {
  const rank = numberIn(variables, 'OMPI_COMM_WORLD_RANK');
  return {
    rank,
    size: numberIn(variables, 'OMPI_COMM_WORLD_SIZE'),
    localSize: numberIn(variables, 'OMPI_COMM_WORLD_LOCAL_SIZE'),
    ...mainIn(variables),
    serves: rank === 0,
    name: 'start-0',
  };
}

function mainIn(variables: Variables): Pick<Place, 'host' | 'port'> {
  return { host: textIn(variables, 'MASTER_ADDR'), port: numberIn(variables, 'MASTER_PORT') };
}

/** The first of Slurm's hosts: `a03` of `a[03-07,9],b1`. */
function firstHost(list: string): string {
  const form = /^([^[,]*)(?:\[([^\],-]*)[^\]]*\]([^,]*))?/;
  const [, prefix = '', first = '', rest = ''] = form.exec(list) ?? [];
  return prefix + first + rest;
}

function textIn(variables: Variables, name: string): string {
  const text = variables[name];
  if (text) return text;
  throw new UmMaeError(
    'launcher',
    `Expected \`${name}\` in the environment of one of several processes but got none.`,
  );
}

function numberIn(variables: Variables, name: string): number {
  const text = textIn(variables, name);
  if (/^\d+$/.test(text)) return Number(text);
  throw new UmMaeError(
    'launcher',
    `Expected a whole number as \`${name}\` in the environment but got ${text}.`,
  );
}
