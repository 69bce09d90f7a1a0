/** Runs command lines as `host.ts` does, without kernels: attention keeps all of its logits. */
import { useKernels } from '@um-mae/torch';
import './host.js';

useKernels(false);
