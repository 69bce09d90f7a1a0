/** Collects what `um-mae doctor` finds where libtorch runs. */
import { devices, engine, type ProductRate, productRates } from '@um-mae/torch';
import { environment } from '../../../training/machine.js';
import { findBlas, libtorchFolder } from '../../blas.js';
import { bytes } from '../../output/format.js';
import type { DoctorReport } from './doctor-report.js';
import { describeExchange, type Exchange, findExchange, unreachable } from './exchange.js';

/** Describes this machine, and measures what its libraries reach. */
export async function fullReport(): Promise<DoctorReport> {
  const { warning, name } = findBlas();
  const exchange = await findExchange();
  const found = {
    ...environment(),
    libtorch: libtorchFolder() ?? null,
    blas: name,
    rates: productRates(),
    choices: engine().choices ?? null,
    devices: devices(),
    exchange,
  };
  const warnings = [warning, oldKernels(), unreachable(exchange)].filter(
    (text) => text !== undefined,
  );
  return { found, lines: linesOf(found), warnings };
}

type Findings = ReturnType<typeof environment> & {
  readonly libtorch: string | null;
  readonly blas: string;
  readonly rates: readonly ProductRate[];
  readonly choices: { readonly file: string; readonly known: number } | null;
  readonly devices: readonly string[];
  readonly exchange: Exchange;
};

/** A warning where OpenBLAS runs below the processor, which only its user can have told it. */
function oldKernels(): string | undefined {
  const { libraries, hasOldKernels } = engine();
  if (!hasOldKernels) return undefined;
  return `OpenBLAS uses kernels for ${libraries.openblasKernels}, which is older than this processor; unset OPENBLAS_CORETYPE.`;
}

/** Words what a library reaches, by precision. */
function reached(rates: readonly ProductRate[], library: ProductRate['library']): string {
  return rates
    .filter((rate) => rate.library === library)
    .map(({ dtype, flopsPerSecond }) => `${(flopsPerSecond / 1e9).toFixed(0)} GFLOP/s in ${dtype}`)
    .join(', ');
}

function linesOf(found: Findings): Record<string, string> {
  const { versions, products, rates } = found;
  const kernels = products.kernels === null ? '' : `, kernels for ${products.kernels}`;
  return {
    'um-mae': versions['um-mae'],
    Node: versions.node,
    libtorch: `${versions.libtorch}${found.libtorch === null ? '' : ` in ${found.libtorch}`}`,
    BLAS: `${found.blas}${kernels}: ${reached(rates, 'BLAS')}`,
    oneDNN: `${products.onednn ?? 'none'}: ${reached(rates, 'oneDNN') || 'not used for products'}`,
    products: found.choices
      ? `${found.choices.known} kinds measured, in ${found.choices.file}`
      : 'by BLAS',
    devices: found.devices.join(', '),
    ...describeExchange(found.exchange),
    processor: `${found.processor}, ${found.cores} cores, ${found.threads} threads for libtorch`,
    instructions: found.instructions.join(', '),
    memory: bytes(found.memoryBytes),
    sharp: `${versions.sharp} (libvips ${versions.libvips})`,
  };
}
