/** Graphs that onnxruntime runs, in Node or in a browser: both have the same sessions. */
import type { GraphArrays, RunGraph } from './graph-arrays.js';

/** A tensor of onnxruntime, as far as it is used here. */
interface SessionTensor {
  readonly data: unknown;
  readonly dims: readonly number[];
}

/** A session of onnxruntime, as far as it is used here. */
export interface GraphSession<Tensor extends SessionTensor> {
  run(feeds: Record<string, Tensor>): Promise<{ readonly [name: string]: SessionTensor }>;
}

/** The class of tensors of onnxruntime. */
export type TensorClass<Tensor> = new (
  type: 'float32',
  data: Float32Array,
  dims: readonly number[],
) => Tensor;

/**
 * @param tensor the class `Tensor` of the onnxruntime that the session is of
 *
 * @example
 * ```ts
 * import { InferenceSession, Tensor } from 'onnxruntime-node';
 * import { exportModel } from 'um-mae';
 * import { sessionGraph } from 'um-mae/detect';
 *
 * await exportModel({ from: 'runs/photos', to: 'backbone.onnx', batch: 1 });
 * const run = sessionGraph(await InferenceSession.create('backbone.onnx'), Tensor);
 * const pixels = new Float32Array(3 * 64 * 64);
 * const outputs = await run({ pixel_values: { data: pixels, shape: [1, 3, 64, 64] } });
 * console.log(Object.keys(outputs));
 * ```
 */
export function sessionGraph<Tensor extends SessionTensor>(
  session: GraphSession<Tensor>,
  tensor: TensorClass<Tensor>,
): RunGraph {
  return async (inputs: GraphArrays): Promise<GraphArrays> => {
    const feeds = Object.entries(inputs).map(
      ([name, { data, shape }]) => [name, new tensor('float32', data, shape)] as const,
    );
    const outputs = await session.run(Object.fromEntries(feeds));
    const arrays = Object.entries(outputs).map(([name, { data, dims }]) => {
      if (data instanceof Float32Array) return [name, { data, shape: dims }] as const;
      throw new TypeError(`Expected numbers of 32 bits for \`${name}\` but got others.`);
    });
    return Object.fromEntries(arrays);
  };
}
