/** Evaluations in parts: of images that the processes do not divide, and one that is to end. */
import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { sceneClasses, writeScenes } from '../../../packages/um-mae/dist/demo/scenes.js';
import { lastOnes, program, seconds, start } from '../processes.mjs';

const command = (...words) => [process.execPath, program, ...words.map(String)];

/** Learns from 24 scenes, beside which there are 104 others, or as many as asked for. */
async function labelled(folder, val) {
  await writeScenes(folder, { perClass: { train: 3, val }, seed: 1, size: 40 });
  const network = [
    '--model',
    'swin-micro',
    '--from',
    'none',
    '--set',
    'image={height: 32, width: 32}',
  ];
  const steps = ['--batch-size', 6, '--workers', 1, '--threads', 1, '--set', 'duration.steps=4'];
  return ['--data', folder, ...network, ...steps, '--set', 'evaluateEvery.share=1'];
}

async function uneven({ out }) {
  const folder = `${out}-images`;
  const flags = await labelled(folder, 13);
  const trained = await start(command('finetune', ...flags, '--out', out)).outcome;
  if (trained.code !== 0) return { isRight: false, ...trained };
  // Of eight classes with 13 images each, three lose one.
  for (const name of sceneClasses.slice(0, 3)) rmSync(join(folder, 'val', name, '0000.png'));
  const [one, four] = [`${out}-one.png`, `${out}-four.png`];
  const evaluate = (picture, ...more) => {
    const images = ['--data', join(folder, 'val'), '--picture', picture, '--json'];
    let report;
    const { outcome } = start(command('evaluate', out, ...images, ...more), {
      onEvent: (event) => (report = event),
    });
    return outcome.then((end) => ({ ...end, report }));
  };
  const alone = await evaluate(one, '--workers', 1);
  const together = await evaluate(four, '--workers', 1, '--devices', 4);
  const digest = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');
  const [expected, found] = [alone, together].map(({ report }) => JSON.stringify(report));
  const isRight = alone.code === 0 && expected === found && digest(one) === digest(four);
  return { isRight, scores: alone.report, equal: expected === found, end: together.stderr };
}

/** SIGTERM to the launcher in the middle of an evaluation of some hundred images. */
async function stopped({ out }) {
  const flags = await labelled(`${out}-images`, 250);
  let sentMs;
  const { child, outcome } = start(
    command('finetune', ...flags, '--devices', 3, '--json', '--out', out),
    {
      onEvent({ kind }) {
        if (kind !== 'epoch' || sentMs) return;
        setTimeout(() => {
          sentMs = performance.now();
          child.kill('SIGTERM');
        }, 1000);
      },
    },
  );
  const { code, stderr } = await outcome;
  const endedAfter = seconds(sentMs);
  const { left } = await lastOnes(out, 15);
  const isRight = code === 143 && left === 0 && endedAfter < 10;
  return { isRight, code, stderr, endedAfter, left };
}

export const evaluations = {
  'an evaluation of 101 images': uneven,
  'SIGTERM in an evaluation': stopped,
};
