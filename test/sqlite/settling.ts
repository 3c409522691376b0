/** Whether a promise has settled by now, without waiting for it. */
export function watch(promise: Promise<unknown>): { readonly settled: boolean } {
  const watched = { settled: false };
  const settle = (): void => void (watched.settled = true);
  promise.then(settle, settle);
  return watched;
}

/** Lets everything run that can run now: messages from other threads, promises, immediates. */
export async function letOthersRun(turns = 20): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
}
