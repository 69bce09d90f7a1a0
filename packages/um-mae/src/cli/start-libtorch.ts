import { hasLauncher } from './team/cluster.js';

/** Loads libtorch, with one thread for each core unless a command sets another number. */
export async function startLibtorch(): Promise<void> {
  if (hasLauncher(process.env)) muteConnections();
  (await import('@um-mae/torch')).setThreads();
}

/** Leaves failed connections to our own sentences: libtorch has more to say of them. */
function muteConnections(): void {
  // Of libtorch with glog, as Debian's, and without.
  process.env.GLOG_minloglevel ??= '3';
  process.env.TORCH_CPP_LOG_LEVEL ??= 'FATAL';
}
