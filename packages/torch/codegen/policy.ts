/** The only list of exceptions to the mechanical rule of `emit.ts`, each with its reason. */

/** Arguments that get no option: libtorch's defaults are right everywhere in this package. */
export const dropped: Readonly<Record<string, string>> = {
  layout: 'only strided tensors are bound',
  pin_memory: 'a matter of transfers, not of operators',
  memory_format: 'tensors stay contiguous unless an operator decides otherwise',
  cudnn_enable: 'a debugging switch',
  non_blocking: 'transfers that overlap need pinned memory, which is not bound',
  copy: '`clone` says the same by name',
  names: 'named tensors are not bound',
};

/** Public names that differ from the camelCase of the schema's. */
export const renamed: Readonly<Record<string, string>> = {
  // Shorter, and what everybody calls it.
  'aten::cross_entropy_loss': 'crossEntropy',
  // Two meanings of one name; `Tensor.to` takes either.
  'aten::to.dtype': 'toDType',
  'aten::to.device': 'toDevice',
  // Replaces the storage behind a tensor; only `Module.to` has a use for it.
  'aten::set_data': 'setData_',
};

/** Words that TypeScript reserves, or that a caller would read wrongly. */
export const argumentNames: Readonly<Record<string, string>> = {
  self: 'input',
};
