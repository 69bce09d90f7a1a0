import { describe, expect, test } from 'vitest';
import { DeviceError } from '../addon/errors.js';
import { devices } from '../device/device.js';
import { Parameter } from '../nn/module/parameter.js';
import { type Tensor, tensor } from '../tensor/tensor.js';
import { GradScaler } from './grad-scaler.js';

const hasCuda = devices().includes('cuda:0');

describe('GradScaler', () => {
  test('refuses the CPU', () => {
    expect(() => new GradScaler({ device: 'cpu' })).toThrow(DeviceError);
  });
});

describe.skipIf(!hasCuda)('GradScaler on CUDA (needs a CUDA device)', () => {
  const device = 'cuda';

  /** One step of a loss with this derivative: the unscaled gradient and whether the step ran. */
  function step(scaler: GradScaler, derivative: number): { gradient: number; ran: boolean } {
    const parameter = new Parameter(tensor([1], { device }));
    scaler.scale(parameter.mul(derivative).sum()).backward();
    scaler.unscale([parameter]);
    const gradient = (parameter.grad as Tensor).number();
    return { gradient, ran: scaler.step(() => undefined) };
  }

  test('gives gradients in their own scale', () => {
    const scaler = new GradScaler({ device });
    expect(step(scaler, 3)).toEqual({ gradient: 3, ran: true });
    expect(scaler.state()).toEqual({ scale: 65536, growthTracker: 1 });
  });

  test('skips the step and halves the scale after an overflow', () => {
    const scaler = new GradScaler({ device });
    expect(step(scaler, Number.POSITIVE_INFINITY).ran).toBe(false);
    expect(scaler.state()).toEqual({ scale: 32768, growthTracker: 0 });
    expect(step(scaler, 1).ran).toBe(true);
  });

  test('doubles the scale after enough good steps', () => {
    const scaler = new GradScaler({ device, growthInterval: 2 });
    step(scaler, 1);
    step(scaler, 1);
    expect(scaler.state()).toEqual({ scale: 131072, growthTracker: 0 });
  });

  test('goes on from a saved state', () => {
    const scaler = new GradScaler({ device });
    scaler.loadState({ scale: 8, growthTracker: 1999 });
    step(scaler, 1);
    expect(scaler.state()).toEqual({ scale: 16, growthTracker: 0 });
  });
});
