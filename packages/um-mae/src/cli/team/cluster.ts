/** The place that a launcher gave this process among several, read off its variables. */
import { UmMaeError } from '../../errors.js';

/** A process among several. */
export interface Place {
  /** The number of this process, from 0. */
  readonly rank: number;
  readonly size: number;
  /** The number of this process among those on this host. */
  readonly localRank: number;
  /** Processes on this host. */
  readonly localSize: number;
  /** Whether others are known to be on other hosts. */
  readonly isAcrossHosts: boolean;
  /** The host of process 0. */
  readonly host: string;
  /** The port of process 0; 0 is one that the system chooses, and the launcher passes on. */
  readonly port: number;
  /** Whether this process listens there. */
  readonly serves: boolean;
  /** The name of the group: another one after each restart. */
  readonly name: string;
}

/** The variables of a process. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** The variables in which an MPI tells a process its place. */
interface MpiNames {
  readonly rank: string;
  readonly size: string;
  readonly localRank: string;
  readonly localSize: string;
}

const openMpi: MpiNames = {
  rank: 'OMPI_COMM_WORLD_RANK',
  size: 'OMPI_COMM_WORLD_SIZE',
  localRank: 'OMPI_COMM_WORLD_LOCAL_RANK',
  localSize: 'OMPI_COMM_WORLD_LOCAL_SIZE',
};

/** Hydra, which starts the processes of MPICH and of Intel MPI. */
const hydra: MpiNames = {
  rank: 'PMI_RANK',
  size: 'PMI_SIZE',
  localRank: 'MPI_LOCALRANKID',
  localSize: 'MPI_LOCALNRANKS',
};

/** The variable of a process that `--devices` has started. */
export const launchedVariable = 'UM_MAE_LAUNCHED';

/**
 * The place of this process, as torchrun, Kubeflow, um-mae itself, Slurm, Open MPI or MPICH tell it.
 *
 * @returns undefined for a process alone
 * @throws UmMaeError naming a variable that is missing, or is no number, or two launchers that
 *   say different things
 */
export function placeIn(variables: Variables): Place | undefined {
  checkPair(variables, 'RANK', 'WORLD_SIZE');
  for (const { rank, size } of [openMpi, hydra]) checkPair(variables, rank, size);
  const outer = outerPlace(variables);
  if (!several(variables, 'WORLD_SIZE')) return outer;
  const inner = torchrunPlace(variables);
  const isNested = isLaunched(variables) || variables.TORCHELASTIC_RUN_ID !== undefined;
  if (!outer || isNested || (inner.rank === outer.rank && inner.size === outer.size)) return inner;
  throw new UmMaeError(
    'launcher',
    `Expected one launcher but got \`RANK\` ${inner.rank} of \`WORLD_SIZE\` ${inner.size} beside process ${outer.rank} of ${outer.size} by Slurm or MPI.\n` +
      'Unset `RANK` and `WORLD_SIZE`, or start one process.',
  );
}

/**
 * An MPI's processes stand inside Slurm's, which starts its daemons. `srun --mpi=pmi2` sets some of
 * Hydra's variables, too.
 */
function outerPlace(variables: Variables): Place | undefined {
  if (several(variables, openMpi.size)) return mpiPlace(variables, openMpi);
  const isOfSlurm = variables[hydra.localRank] === undefined;
  if (isOfSlurm && several(variables, 'SLURM_STEP_NUM_TASKS')) return slurmPlace(variables);
  if (several(variables, hydra.size)) return mpiPlace(variables, hydra);
  return undefined;
}

/**
 * Whether this process says what is wrong with its variables: of several it is the first one, as
 * all have the same launcher, or one that does not know its number.
 */
export function speaksFirst(variables: Variables): boolean {
  const names = [openMpi.rank, hydra.rank, 'SLURM_PROCID', 'RANK'];
  const rank = names.map((name) => variables[name]).find((text) => text !== undefined);
  return rank === undefined || !/^[1-9]\d*$/.test(rank);
}

/** Whether a launcher has started this process, alone or with others. */
export function hasLauncher(variables: Variables): boolean {
  const names = [openMpi.rank, hydra.rank, 'SLURM_STEP_ID', 'RANK'];
  return names.some((name) => variables[name] !== undefined);
}

/** Whether `--devices` has started this process, over whose channel wishes come. */
export function isLaunched(variables: Variables): boolean {
  return variables[launchedVariable] !== undefined;
}

function several(variables: Variables, name: string): boolean {
  return variables[name] !== undefined && numberIn(variables, name) > 1;
}

/** Several processes that all think they are alone would write into one directory. */
function checkPair(variables: Variables, rank: string, size: string): void {
  if (variables[rank] !== undefined) numberIn(variables, size);
}

function torchrunPlace(variables: Variables): Place {
  const rank = numberIn(variables, 'RANK');
  const size = numberIn(variables, 'WORLD_SIZE');
  const localSize = variables.LOCAL_WORLD_SIZE
    ? numberIn(variables, 'LOCAL_WORLD_SIZE')
    : undefined;
  return {
    rank,
    size,
    localRank: variables.LOCAL_RANK ? numberIn(variables, 'LOCAL_RANK') : 0,
    localSize: localSize ?? 1,
    isAcrossHosts: localSize !== undefined && localSize < size,
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
    port: portOf(job * 31 + step),
  };
  const size = numberIn(variables, 'SLURM_STEP_NUM_TASKS');
  const localSize = tasksOnNode(
    textIn(variables, 'SLURM_STEP_TASKS_PER_NODE'),
    numberIn(variables, 'SLURM_NODEID'),
  );
  return {
    rank,
    size,
    localRank: numberIn(variables, 'SLURM_LOCALID'),
    localSize,
    isAcrossHosts: localSize < size,
    ...(variables.MASTER_ADDR === undefined ? found : mainIn(variables)),
    serves: rank === 0,
    name: `start-${variables.SLURM_RESTART_COUNT ?? 0}`,
  };
}

/** MPIs name no host: it takes the user to say one, unless there is but this and a job's number. */
function mpiPlace(variables: Variables, names: MpiNames): Place {
  const rank = numberIn(variables, names.rank);
  const size = numberIn(variables, names.size);
  const localSize = numberIn(variables, names.localSize);
  const job = variables.PMIX_NAMESPACE ?? variables.OMPI_MCA_ess_base_jobid;
  const here =
    variables.MASTER_ADDR === undefined && localSize === size && job !== undefined
      ? { host: '127.0.0.1', port: portOf(digitsOf(job)) }
      : undefined;
  return {
    rank,
    size,
    localRank: numberIn(variables, names.localRank),
    localSize,
    isAcrossHosts: localSize < size,
    ...(here ?? mainIn(variables)),
    serves: rank === 0,
    name: 'start-0',
  };
}

/** A port that all processes of a job come to. */
function portOf(job: number): number {
  return 15_000 + (job % 15_000);
}

function digitsOf(text: string): number {
  return Number(text.replace(/\D/g, '').slice(-12));
}

/** Slurm's count of tasks on a node of a list such as `4(x2),3`. */
function tasksOnNode(list: string, node: number): number {
  const counts = list.split(',').flatMap((part) => {
    const [, count, times = 1] = /^(\d+)(?:\(x(\d+)\))?$/.exec(part) ?? [];
    return Array.from({ length: Number(times) }, () => Number(count));
  });
  const count = counts[node];
  if (count !== undefined && count > 0) return count;
  throw new UmMaeError(
    'launcher',
    `Expected the tasks of node ${node} in \`SLURM_STEP_TASKS_PER_NODE\` but got ${list}.`,
  );
}

/** The host and port of process 0. @param prefix of the variables */
export function mainIn(variables: Variables, prefix = ''): Pick<Place, 'host' | 'port'> {
  return {
    host: textIn(variables, `${prefix}MASTER_ADDR`),
    port: numberIn(variables, `${prefix}MASTER_PORT`),
  };
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

/** @throws UmMaeError when there is none */
export function numberIn(variables: Variables, name: string): number {
  const text = textIn(variables, name);
  if (/^\d+$/.test(text)) return Number(text);
  throw new UmMaeError(
    'launcher',
    `Expected a whole number as \`${name}\` in the environment but got ${text}.`,
  );
}
