/**
 * Waits until something is so that comes about by itself: what sockets, threads and other processes do takes as many turns of this one's loop as the
 * machine likes. Gives up after ten seconds, which is longer than anything takes that comes at all.
 */
export async function until(isSo: () => boolean | Promise<boolean>, what = isSo.toString()): Promise<void> {
  const deadlineMs = performance.now() + 10_000;
  for (let turn = 0; !(await isSo()); turn++) {
    if (performance.now() > deadlineMs) throw new Error(`waited ten seconds for: ${what}`);
    // What takes a few turns only comes at once, and what takes longer has the processor for itself.
    await new Promise((resolve) => (turn < 500 ? setImmediate(resolve) : setTimeout(resolve, 2)));
  }
}
