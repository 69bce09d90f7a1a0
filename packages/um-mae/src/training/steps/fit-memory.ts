import { OutOfMemoryError } from '@um-mae/torch';
import { UmMaeError } from '../../errors.js';

/** The size and the place of a computation that may run out of memory. */
interface MemoryDemand {
  /** Images at once. */
  readonly images: number;
  readonly device: string;
}

/**
 * Runs what takes the more memory the more images there are.
 *
 * @throws UmMaeError when it does not suffice, with the batch size to try
 */
export function fitMemory<Result>({ images, device }: MemoryDemand, body: () => Result): Result {
  try {
    return body();
  } catch (cause) {
    if (!(cause instanceof OutOfMemoryError)) throw cause;
    const what = images === 1 ? 'one image' : `${images} images at once`;
    const advice =
      images === 1
        ? 'Try --set checkpointing=true, smaller images or a smaller model.'
        : `Try --batch-size ${Math.floor(images / 2)}.`;
    throw new UmMaeError(
      'out-of-memory',
      `Expected ${what} to fit into the memory of ${device} but got too little of it.\n${advice}`,
      { cause },
    );
  }
}
