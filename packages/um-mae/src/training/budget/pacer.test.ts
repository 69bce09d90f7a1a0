import { describe, expect, test } from 'vitest';
import { Pacer } from './pacer.js';

/** A machine on which steps and looks take as many seconds as it says, at a time. */
interface Machine {
  readonly step: (elapsed: number) => number;
  readonly look: (elapsed: number, epoch: number) => number;
}

interface Run extends Machine {
  readonly seconds: number;
  readonly planned: number;
  readonly stepsPerEpoch?: number;
  readonly looksEvery?: number;
  readonly lookSeconds?: number;
  /** Seconds that the run has had before. */
  readonly earlier?: number;
}

/** Trains to the end. Returns how long it has taken in all, and the lengths on the way. */
function train({ seconds, planned, stepsPerEpoch = 50, looksEvery = 1, ...run }: Run) {
  const pacer = new Pacer({ seconds, looksEvery, lookSeconds: run.lookSeconds });
  const lengths = [planned];
  let [step, epoch, elapsedSeconds, steps] = [0, 0, run.earlier ?? 1, planned];
  while (step < steps) {
    steps = pacer.steps({ plan: { steps, stepsPerEpoch }, step, epoch, elapsedSeconds });
    expect(steps).toBeGreaterThan(step);
    if (steps !== lengths.at(-1)) lengths.push(steps);
    step++;
    elapsedSeconds += run.step(elapsedSeconds);
    if (step % stepsPerEpoch > 0 && step < steps) continue;
    epoch++;
    elapsedSeconds += run.look(elapsedSeconds, epoch);
  }
  return { elapsedSeconds, lengths };
}

const steady: Machine = { step: () => 0.1, look: () => 0.3 };

/** Pseudo-random, from a half to one and a half. */
const noise = (value: number) => 0.5 + (Math.abs(Math.sin(12.9898 * value) * 43758.5453) % 1);

describe('Pacer', () => {
  test('leaves a run alone that is on time', () => {
    const { lengths } = train({ ...steady, seconds: 60, planned: 550, lookSeconds: 0.3 });
    expect(lengths).toEqual([550]);
  });

  test.each([
    ['a plan that is twice too long', { planned: 1100 }],
    ['a plan that is ten times too short', { planned: 55 }],
    ['steps that take as long as they like', { step: (at: number) => 0.1 * noise(at) }],
    ['a machine that is three times slower from the middle on', { step: slowFrom(30, 3) }],
    ['one that is twice as slow at the end', { step: slowFrom(58, 2) }],
    ['one that gets three times faster', { step: slowFrom(20, 1 / 3) }],
    ['steps of a twentieth of the time', { step: () => 3, planned: 5, stepsPerEpoch: 4 }],
    ['epochs of one step', { stepsPerEpoch: 1, planned: 300 }],
    ['looks that are long', { look: () => 4, planned: 300, stepsPerEpoch: 60 }],
    [
      'every fifth look a long one, and first seen late',
      { look: (_: number, epoch: number) => (epoch % 5 === 0 ? 3 : 0.1), looksEvery: 5 },
    ],
    ['what is left after a resumption', { earlier: 45 }],
  ] as [string, Partial<Run>][])('ends on time with %s', (_, run) => {
    const { elapsedSeconds } = train({ ...steady, seconds: 60, planned: 500, ...run });
    expect(elapsedSeconds).toBeGreaterThan(57);
    expect(elapsedSeconds).toBeLessThan(63);
  });

  test('takes one more step where the time is over', () => {
    const { lengths } = train({ ...steady, seconds: 60, planned: 500, earlier: 70 });
    expect(lengths.at(-1)).toBeLessThan(10);
  });
});

function slowFrom(second: number, times: number): Machine['step'] {
  return (elapsed) => (elapsed < second ? 0.1 : 0.1 * times);
}
