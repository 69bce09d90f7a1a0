/** Loads libtorch, with one thread for each core unless a command sets another number. */
export async function startLibtorch(): Promise<void> {
  (await import('@um-mae/torch')).setThreads();
}
