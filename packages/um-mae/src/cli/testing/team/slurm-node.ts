/** Slurm on this machine alone, for tests: a controller and one node in a folder of their own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { freePort } from './free-port.js';

/** The node accepts all that come: it listens for the time of a test, and on this machine only. */
const settings = [
  'ClusterName=test',
  'SlurmUser=root',
  'AuthType=auth/none',
  'CredType=cred/none',
  'ProctrackType=proctrack/linuxproc',
  'TaskPlugin=task/none',
  'SwitchType=switch/none',
  'MpiDefault=none',
  'ReturnToService=2',
  'PartitionName=all Nodes=ALL Default=YES State=UP',
];

export class SlurmNode {
  private readonly daemons: readonly ChildProcess[];

  private constructor(
    /** The file that Slurm's commands find by the variable `SLURM_CONF`. */
    readonly configuration: string,
  ) {
    const start = (daemon: string) =>
      spawn(daemon, ['-D', '-f', configuration], { stdio: 'ignore' });
    this.daemons = ['slurmctld', 'slurmd'].map(start);
  }

  /** Starts Slurm in a folder, and waits until it takes jobs. */
  static async start(folder: string): Promise<SlurmNode> {
    const configuration = join(folder, 'slurm.conf');
    const name = hostname();
    const places = ['SlurmctldPidFile', 'SlurmctldLogFile', 'SlurmdPidFile', 'SlurmdLogFile'];
    for (const made of ['state', 'spool']) mkdirSync(join(folder, made), { recursive: true });
    const lines = [
      ...settings,
      ...places.map((place) => `${place}=${join(folder, place)}`),
      `StateSaveLocation=${join(folder, 'state')}`,
      `SlurmdSpoolDir=${join(folder, 'spool')}`,
      `SlurmctldHost=${name}(127.0.0.1)`,
      `SlurmctldPort=${await freePort()}`,
      `SlurmdPort=${await freePort()}`,
      `NodeName=${name} NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN`,
    ];
    writeFileSync(configuration, `${lines.join('\n')}\n`);
    const node = new SlurmNode(configuration);
    while (!node.isIdle()) await setTimeout(100);
    return node;
  }

  /** Ends the node and the controller. */
  async stop(): Promise<void> {
    const ends = this.daemons.map((daemon) => once(daemon, 'close'));
    for (const daemon of this.daemons) daemon.kill('SIGTERM');
    await Promise.all(ends);
  }

  private isIdle(): boolean {
    const env = { ...process.env, SLURM_CONF: this.configuration };
    try {
      const states = execFileSync('sinfo', ['-h', '-o', '%T'], { env, stdio: 'pipe' });
      return `${states}`.trim() === 'idle';
    } catch {
      return false;
    }
  }
}
