/** Loads onnxruntime, which checks a graph before it is written. */
import { UmMaeError } from '../../errors.js';

/**
 * Loads onnxruntime without its telemetry, unless the user's environment says otherwise: since 1.30
 * it would report to its makers, and keep a number of the device in the user's cache. Only exports
 * pay for loading it, and a bundle comes without it.
 *
 * @throws UmMaeError where onnxruntime is not installed
 */
export async function importOnnxruntime(): Promise<typeof import('onnxruntime-node')> {
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
  try {
    return await import('onnxruntime-node');
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND')) {
      throw cause;
    }
    throw new UmMaeError(
      'export',
      'Expected onnxruntime-node, which checks a graph before it is written, but it is not installed.\n' +
        'Install it by `npm install onnxruntime-node`, or copy the run to a machine that has it.',
      { cause },
    );
  }
}
