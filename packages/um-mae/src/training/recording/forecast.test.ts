import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Forecast } from './forecast.js';

beforeEach(() => vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => vi.useRealTimers());

/** Takes steps of so many seconds each. */
function step(forecast: Forecast, ...seconds: readonly number[]): void {
  for (const each of seconds) {
    vi.advanceTimersByTime(1000 * each);
    forecast.addStep();
  }
}

describe('Forecast', () => {
  test('knows nothing by the first step, and forgets the first ones when it has others', () => {
    const forecast = new Forecast();
    step(forecast, 90);
    expect(forecast.secondsLeft({ steps: 10, looks: 1 })).toBeNull();
    step(forecast, 8, 8, 8);
    expect(forecast.secondsLeft({ steps: 10, looks: 1 })).toBe(80);
    step(forecast, 2, 4);
    expect(forecast.secondsLeft({ steps: 10, looks: 1 })).toBe(30);
  });

  test('counts looks once it has timed one, and says so by then', () => {
    const forecast = new Forecast();
    step(forecast, 9, 9, 9, 9, 1, 1, 1, 1, 1);
    expect(forecast.isTelling).toBe(false);
    vi.advanceTimersByTime(30_000);
    forecast.addLook();
    step(forecast, 1);
    expect(forecast.isTelling).toBe(true);
    expect(forecast.secondsLeft({ steps: 10, looks: 2 })).toBe(70);
  });
});
