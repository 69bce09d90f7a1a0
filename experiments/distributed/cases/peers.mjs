/** Processes that cannot begin together, or of which one fails: one sentence, one exit code. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { sceneClasses } from '../../../packages/um-mae/dist/demo/scenes.js';
import { freePort, lastOnes, program, start, tiny } from '../processes.mjs';

const patience = 8;

/**
 * Starts three processes as torchrun does.
 *
 * @param {(rank: number, port: number) => object} differs flags, folder of images, variables and
 *   delay of a process, or whether it is absent
 */
async function three({ data, out }, differs) {
  const port = await freePort();
  const settings = ['pretrain', ...tiny, '--batch-size', '6', '--json'];
  const length = ['--set', 'duration.steps=4', '--patience', `${patience}`];
  const members = [0, 1, 2].map(async (rank) => {
    const own = differs(rank, port);
    const { flags = [], folder = data, place = {}, delay = 0, absent = false } = own;
    if (absent) return undefined;
    await setTimeout(1000 * delay);
    const main = { MASTER_ADDR: '127.0.0.1', MASTER_PORT: `${port}` };
    const environment = { RANK: `${rank}`, WORLD_SIZE: '3', ...main, ...place };
    const words = [
      process.execPath,
      program,
      ...settings,
      ...length,
      '--data',
      folder,
      '--out',
      out,
    ];
    return start([...words, ...flags], { environment }).outcome;
  });
  const outcomes = (await Promise.all(members)).filter((outcome) => outcome);
  return { outcomes, left: (await lastOnes(out, 15)).left, wrote: existsSync(out) };
}

/** A case that is right where one sentence is said, once, with this exit code everywhere. */
function refused(sentence, code, differs) {
  return async (places) => {
    const found = await three(places, (rank, port) => differs({ rank, port, ...places }));
    const said = found.outcomes.map(({ stderr }) => stderr).filter((text) => text !== '');
    const isRight =
      found.outcomes.every((outcome) => outcome.code === code) &&
      said.every((text) => sentence.test(text)) &&
      said.length === 1 &&
      found.left === 0;
    return { isRight, ...found };
  };
}

/** A case that is right where each process finds out for itself. */
function allSay(sentence, differs) {
  return async (places) => {
    const found = await three(places, (rank, port) => differs({ rank, port, ...places }));
    const isRight =
      found.outcomes.every(({ code, stderr }) => code !== 0 && sentence.test(stderr)) &&
      !found.wrote &&
      found.left === 0;
    return { isRight, ...found };
  };
}

/** A folder with the images of two classes. */
function fewer(data) {
  const folder = `${data}-fewer`;
  for (const name of sceneClasses.slice(0, 2))
    cpSync(join(data, 'train', name), join(folder, name), { recursive: true });
  return folder;
}

const of = (rank, other, what) => (rank === other ? what : {});

async function late(places) {
  const found = await three(places, (rank) => of(rank, 2, { delay: 3 }));
  return { isRight: found.outcomes.every(({ code }) => code === 0), ...found };
}

async function portInUse({ data, out }) {
  const server = createServer().listen(0, '0.0.0.0');
  await new Promise((done) => server.once('listening', done));
  const { port } = server.address();
  const environment = {
    RANK: '0',
    WORLD_SIZE: '2',
    MASTER_ADDR: '127.0.0.1',
    MASTER_PORT: `${port}`,
  };
  const words = [process.execPath, program, 'pretrain', '--data', data, ...tiny, '--out', out];
  const outcome = await start([...words, '--patience', '8'], { environment }).outcome;
  server.close();
  const isRight = outcome.code === 2 && /Expected port \d+ to be free/.test(outcome.stderr);
  return { isRight, ...outcome };
}

/** The run directory is on a disk of two megabytes. */
async function fullDisk({ data, out }) {
  mkdirSync(out, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', out]);
  try {
    const run = join(out, 'run');
    const settings = ['pretrain', '--data', data, ...tiny, '--batch-size', '6', '--json'];
    const length = ['--set', 'duration.steps=40', '--set', 'checkpoints.keepEpochs=1'];
    const words = [process.execPath, program, ...settings, ...length, '--out', run];
    const alone = await start([...words]).outcome;
    execFileSync('rm', ['-rf', run]);
    const together = await start([...words, '--devices', '3', '--patience', '20']).outcome;
    const { left } = await lastOnes(run, 15);
    const isRight = together.code === alone.code && together.stderr === alone.stderr && left === 0;
    return { isRight, alone, together, left };
  } finally {
    execFileSync('umount', [out]);
  }
}

export const peers = {
  'a process that never joins': allSay(
    /within 8 s but process 2 is missing\.|Expected process 0 to stay/,
    ({ rank }) => of(rank, 2, { absent: true }),
  ),
  'a process that is late': late,
  'a wrong port': allSay(
    /process 1 is missing|Expected process 0 to (listen|stay) at/,
    ({ rank, port }) => of(rank, 1, { place: { MASTER_PORT: `${port + 1}` } }),
  ),
  'a wrong host': allSay(
    /process 1 is missing|Expected process 0 to stay|Expected the name or address of a host but got nowhere\.invalid/,
    ({ rank }) => of(rank, 1, { place: { MASTER_ADDR: 'nowhere.invalid' } }),
  ),
  'a port in use': portInUse,
  'another recipe': refused(
    /^um-mae: Expected `recipe\.batchSize` 6, as in process 0/,
    2,
    ({ rank }) => of(rank, 1, { flags: ['--batch-size', '7'] }),
  ),
  'no data folder': refused(/^um-mae: Process 2 on \S+: Expected/, 2, ({ rank }) =>
    of(rank, 2, { folder: '/nowhere' }),
  ),
  'other images': refused(
    /^um-mae: Expected the \d+ images of process 0 on \S+ but got 6 in process 1/,
    2,
    ({ rank, data }) => of(rank, 1, { folder: fewer(data) }),
  ),
  'another folder to resume': refused(
    /^um-mae: Process [012] on \S+: |^um-mae: Expected/,
    2,
    ({ rank, out }) => ({
      flags: ['--resume', '--out', `${out}-${rank}`],
    }),
  ),
  'a directory that is taken': refused(/^um-mae: Expected/, 2, ({ data }) => ({
    flags: ['--out', data],
  })),
  'a loss that is not finite': refused(
    /^um-mae: Expected a finite (loss|gradient) but got/,
    2,
    () => ({
      flags: ['--set', 'learningRate.peak=1e30', '--set', 'duration.steps=40'],
    }),
  ),
  'a full disk': fullDisk,
};
