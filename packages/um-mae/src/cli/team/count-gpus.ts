/** A program of its own, for a launcher that loads no libtorch: counts the GPUs that it sees. */
import { devices } from '@um-mae/torch';

process.stdout.write(`${devices().filter((name) => name.startsWith('cuda:')).length}`);
