/** Collects what `um-mae doctor` finds where libtorch does not run. */
import { availableParallelism, cpus, totalmem } from 'node:os';
import sharp from 'sharp';
import { packageVersion } from '../../../package-version.js';
import { bytes } from '../../output/format.js';
import type { DoctorReport } from './doctor-report.js';

/**
 * Describes this machine without libtorch.
 *
 * @param obstacle a sentence why libtorch does not run, and what to do about it
 */
export function bareReport(obstacle: string): DoctorReport {
  const versions = {
    'um-mae': packageVersion(),
    node: process.versions.node,
    sharp: sharp.versions.sharp ?? 'unknown',
    libvips: sharp.versions.vips,
  };
  const processor = cpus()[0]?.model ?? 'unknown';
  const [cores, memoryBytes] = [availableParallelism(), totalmem()];
  return {
    found: { versions, libtorch: null, processor, cores, memoryBytes },
    lines: {
      'um-mae': versions['um-mae'],
      Node: versions.node,
      libtorch: 'not loaded, see below',
      processor: `${processor}, ${cores} cores`,
      memory: bytes(memoryBytes),
      sharp: `${versions.sharp} (libvips ${versions.libvips})`,
    },
    warnings: [obstacle],
  };
}
