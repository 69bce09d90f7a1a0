/** The codes by which libtorch's losses take what becomes of those of all elements. */
export const reductions = { none: 0, mean: 1, sum: 2 } as const;
