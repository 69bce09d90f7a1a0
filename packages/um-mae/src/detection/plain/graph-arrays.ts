/** Numbers that go into graphs and come out of them. */

/** Numbers with the size of each axis. */
export interface GraphArray {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

export type GraphArrays = Readonly<Record<string, GraphArray>>;

/** Computes the outputs of a graph from its inputs, both by their names. */
export type RunGraph = (inputs: GraphArrays) => Promise<GraphArrays>;

/** Runs a graph on the maps that regions are read from, and the regions of each level. */
export function runOnRegions(
  run: RunGraph,
  outputs: GraphArrays,
  regions: readonly Float32Array[],
): Promise<GraphArrays> {
  const inputs = regions.flatMap((data, level) => [
    [`level${level}`, arrayOf(outputs, `level${level}`)] as const,
    [`regions${level}`, { data, shape: [data.length / 4, 4] }] as const,
  ]);
  const { semantic } = outputs;
  return run({ ...Object.fromEntries(inputs), ...(semantic && { semantic }) });
}

/** The numbers of an output. @throws TypeError as `arrayOf` */
export function dataOf(arrays: GraphArrays, name: string): Float32Array {
  return arrayOf(arrays, name).data;
}

/** An output of a graph. @throws TypeError when the graph is not that of the detector */
export function arrayOf(arrays: GraphArrays, name: string): GraphArray {
  const found = arrays[name];
  if (found) return found;
  throw new TypeError(
    `Expected \`${name}\` among what the graph gives but got ${Object.keys(arrays).join(', ')}.`,
  );
}
