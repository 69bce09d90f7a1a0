/** The hosts on which `um-mae` starts processes itself, by flags or a cluster's variables. */
import { UmMaeError } from '../../errors.js';
import { mainIn, numberIn, type Place, type Variables } from './cluster.js';

/** The host and port of process 0. */
export type MainHost = Pick<Place, 'host' | 'port'>;

/** This host among those that train together. */
export interface Nodes {
  readonly count: number;
  /** The number of this host, from 0. */
  readonly rank: number;
  /** The place where the processes of several hosts meet. */
  readonly main: MainHost | undefined;
}

/** The flags that name this host among several. */
export interface NodeFlags {
  readonly nodes?: number | undefined;
  readonly nodeRank?: number | undefined;
  readonly main?: MainHost | undefined;
}

const alone: Nodes = { count: 1, rank: 0, main: undefined };

/**
 * Finds the hosts: those of flags, else of a Trainer (`PET_...`), else of a PyTorchJob, whose
 * variables name pods where no `LOCAL_RANK` is.
 *
 * @throws UmMaeError naming a flag or a variable that is missing, or a host that is none of them
 */
export function nodesIn(flags: NodeFlags, variables: Variables): Nodes {
  if (Object.values(flags).some((value) => value !== undefined)) return nodesOfFlags(flags);
  if (variables.LOCAL_RANK !== undefined) return alone;
  if (variables.PET_NNODES !== undefined) {
    const count = numberIn(variables, 'PET_NNODES');
    if (count === 1) return alone;
    const rank = numberIn(variables, 'PET_NODE_RANK');
    return checked({ count, rank, main: mainIn(variables, 'PET_') });
  }
  if (variables.RANK === undefined || variables.WORLD_SIZE === undefined) return alone;
  const count = numberIn(variables, 'WORLD_SIZE');
  if (count === 1) return alone;
  return checked({ count, rank: numberIn(variables, 'RANK'), main: mainIn(variables) });
}

function nodesOfFlags({ nodes, nodeRank, main }: NodeFlags): Nodes {
  if (nodes === 1 && (nodeRank === undefined || nodeRank === 0)) return alone;
  if (nodes !== undefined && nodeRank !== undefined && main !== undefined)
    return checked({ count: nodes, rank: nodeRank, main });
  const given = { '--nodes': nodes, '--node-rank': nodeRank, '--main': main };
  const missing = Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [name] : [],
  );
  throw new UmMaeError(
    'launcher',
    `Expected --nodes, --node-rank and --main on each of several hosts but got no ${missing.join(' and no ')}.`,
  );
}

function checked(nodes: Nodes): Nodes {
  const { count, rank } = nodes;
  if (rank < count) return nodes;
  throw new UmMaeError(
    'launcher',
    `Expected a host from 0 to ${count - 1} among ${count} but got ${rank}.`,
  );
}
