/** Some training steps on a device, against the same ones on the CPU in f32. */
import { isDeepStrictEqual } from 'node:util';
import { canRecord, cat, engine, scope, type Tensor, useKernels, zeros } from '@um-mae/torch';
import type { Precision } from '../training/steps/precision.js';
import { Trainer } from '../training/steps/trainer.js';
import { attempt, type Check, check, distance } from './check.js';
import type { SmallTask } from './subjects.js';

/** A way to compute a step. */
interface Variant {
  readonly device: string;
  readonly precision: Precision;
  /** Whether fused operators are used where there are any. */
  readonly kernels: boolean;
  /** Whether a GPU records the step and replays it. */
  readonly records: boolean;
}

/** The results of a few training steps. */
interface Steps {
  readonly losses: readonly number[];
  /** All gradients one after the other, of the first step and of the last. */
  readonly gradients: readonly Tensor[];
  readonly areFinite: boolean;
}

/** The second loss shows the first step; a GPU that records begins after the third. */
function stepsOn(device: string): number {
  return canRecord(device) ? 5 : 2;
}

/**
 * The learning rate of the checks. It is so low that rounding hardly shows in later losses,
 * although Adam's first steps amplify it.
 */
const learningRate = 1e-5;

/** Relative; of gradients in their norm. */
const allowed: Readonly<Record<Precision, { loss: number; gradients: number }>> = {
  f32: { loss: 1e-4, gradients: 1e-3 },
  bf16: { loss: 1e-2, gradients: 5e-2 },
  f16: { loss: 1e-2, gradients: 5e-2 },
};

const reference: Variant = { device: 'cpu', precision: 'f32', kernels: true, records: false };

/**
 * Checks one objective in every precision that the device takes, with and without fused operators
 * and recordings, where there are any.
 */
export function* trainingChecks(trained: SmallTask, device: string): Iterable<Check> {
  const steps = stepsOn(device);
  const expected = takeSteps(trained, reference, steps);
  const { isFixed } = trained.task('f32');
  for (const variant of variantsOf(device, isFixed)) {
    const what = `${trained.name}${describe(variant)}`;
    yield* attempt({ what, precision: variant.precision }, () =>
      compare(what, {
        variant,
        found: takeSteps(trained, variant, steps),
        expected,
        halfGradients: trained.halfGradients,
      }),
    );
  }
  for (const gradient of expected.gradients) gradient.dispose();
}

function variantsOf(device: string, isFixed: boolean): Variant[] {
  const isCuda = device.startsWith('cuda');
  const precisions: readonly Precision[] = isCuda ? ['f32', 'bf16', 'f16'] : ['f32', 'bf16'];
  return precisions.flatMap((precision) => {
    const variant = { device, precision, kernels: true, records: false };
    // Not every CPU has fused operators of bf16, and a loss that is scaled is not recorded.
    const hasKernels =
      isCuda || (device === 'cpu' && (precision === 'f32' || engine().isFastInHalf));
    const recording = isFixed && canRecord(device) && precision !== 'f16';
    return [
      variant,
      ...(hasKernels ? [{ ...variant, kernels: false }] : []),
      ...(recording ? [{ ...variant, records: true }] : []),
    ];
  });
}

function describe({ kernels, records }: Variant): string {
  return `${kernels ? '' : ', no kernels'}${records ? ', recorded' : ''}`;
}

function takeSteps({ task, batch }: SmallTask, variant: Variant, steps: number): Steps {
  const { device, precision, kernels, records } = variant;
  useKernels(kernels);
  try {
    return scope(() => {
      const trainer = new Trainer(task(precision), device, { records });
      const found = Array.from({ length: steps }, (_, i) => {
        const loss = trainer.accumulate(batch);
        const isCompared = i === 0 || i === steps - 1;
        const gradients = isCompared ? [gradientsOf(trainer)] : [];
        const norm = trainer.update(learningRate);
        return { loss: loss.total.value(), norm: norm.value(), gradients };
      });
      return {
        losses: found.map(({ loss }) => loss),
        gradients: found.flatMap(({ gradients }) => gradients),
        areFinite: found.every(({ norm }) => Number.isFinite(norm)),
      };
    });
  } finally {
    useKernels(true);
  }
}

/** f32 [elements of all parameters], on the CPU; without the scale of the loss. */
function gradientsOf(trainer: Trainer): Tensor {
  const scale = trainer.save().state.scaler?.scale ?? 1;
  const gradients = [...trainer.model.namedParameters().values()].map(({ grad, elements }) =>
    grad ? grad.flatten().to('f32') : zeros([elements]),
  );
  return cat(gradients).to('cpu').div(scale);
}

interface StepComparison {
  readonly variant: Variant;
  readonly found: Steps;
  readonly expected: Steps;
  readonly halfGradients: number | undefined;
}

function compare(what: string, comparison: StepComparison): Check[] {
  const { variant, found, expected, halfGradients } = comparison;
  const { precision } = variant;
  const isReference = isDeepStrictEqual(variant, reference);
  const { loss, gradients: usual } = isReference ? { loss: 0, gradients: 0 } : allowed[precision];
  const gradients = precision === 'f32' ? usual : (halfGradients ?? usual);
  const losses = expected.losses.map((theirs, i) =>
    Math.abs((found.losses[i] ?? Number.NaN) / theirs - 1),
  );
  const distances = expected.gradients.map((theirs, i) => {
    const ours = found.gradients[i];
    return ours ? distance(ours, theirs) : Number.NaN;
  });
  const finite = { what: `${what}: gradients finite`, precision };
  return [
    check({ what: `${what}: losses`, precision }, Math.max(...losses), loss),
    check({ what: `${what}: gradients`, precision }, Math.max(...distances), gradients),
    ...(found.areFinite ? [] : [{ ...check(finite, Number.NaN, 0), reason: 'not finite' }]),
  ];
}
