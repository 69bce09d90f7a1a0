/**
 * `@um-mae/torch/distributed`: several processes that compute one thing together.
 *
 * @module @um-mae/torch/distributed
 */
export { GroupError, LostGroupError, MeetingError } from '../addon/errors.js';
export { namesOf } from './failure.js';
export { exchangeOf, type FoundNccl, findNccl, type Gpu, type GpuExchange } from './gpus.js';
export { Group, type GroupOptions, type SharedNormOptions } from './group.js';
export { GradientReducer } from './reducer.js';
