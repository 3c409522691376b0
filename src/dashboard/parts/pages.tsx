import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { messageOf } from './action-dialog.tsx';

export interface Page<Row> {
  readonly rows: readonly Row[];
  /** `after` of the next page; null on the last. */
  readonly next: string | null;
}

/**
 * Rows that come in pages: the first at once and again whenever `version` changes, the others when somebody asks.
 *
 * @param load a page, from its `after`; null is the first
 */
export const Pages = <Row,>({
  load,
  version,
  empty,
  children,
}: {
  readonly load: (after: string | null, signal?: AbortSignal) => Promise<Page<Row>>;
  readonly version: number | string;
  readonly empty: ComponentChildren;
  readonly children: (rows: readonly Row[]) => ComponentChildren;
}) => {
  const [page, setPage] = useState<Page<Row> | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const hasMore = useRef(false);
  const show = async (after: string | null, signal?: AbortSignal): Promise<void> => {
    try {
      const answer = await load(after, signal);
      setProblem(null);
      setPage((before) => {
        if (after === null) return answer;
        // Asked for twice, by a second click.
        if (before?.next !== after) return before;
        return { rows: [...before.rows, ...answer.rows], next: answer.next };
      });
    } catch (error) {
      if (signal?.aborted !== true) setProblem(messageOf(error));
    }
  };
  useEffect(() => {
    // Who has asked for older pages reads them; a new first page would take them away.
    if (hasMore.current) return;
    const stop = new AbortController();
    void show(null, stop.signal);
    return () => stop.abort();
  }, [version]);
  const refused = problem === null ? null : <p class="refused">{problem}</p>;
  if (page === null) return refused ?? <p class="soft">Loading…</p>;
  if (page.rows.length === 0) return refused ?? <>{empty}</>;
  return (
    <>
      {children(page.rows)}
      {refused}
      {page.next === null ? null : (
        <p class="more">
          <button
            type="button"
            class="button"
            onClick={() => {
              hasMore.current = true;
              void show(page.next);
            }}
          >
            Show more
          </button>
        </p>
      )}
    </>
  );
};
