import { useEffect } from 'preact/hooks';
import type { NodeRow } from '../api-types.ts';
import { count, counted } from '../format.ts';
import { askForNodes, nodes, unreachable } from '../live/nodes.ts';
import { Icon } from '../parts/icon.tsx';
import { Table } from '../parts/table.tsx';
import type { Column } from '../parts/table.tsx';
import { links } from '../router.ts';

/** Each look asks all nodes. */
const lookMs = 5_000;

const columns: readonly Column<NodeRow>[] = [
  {
    head: 'Node',
    cell: ({ nodeId, self }) => (
      <span class="name">
        {nodeId}
        {self ? <span class="soft small"> this one</span> : null}
      </span>
    ),
    note: 'Its node.id',
  },
  {
    head: 'State',
    cell: ({ reachable }) =>
      reachable ? <span class="badge good">Answers</span> : <span class="badge warn">Does not answer</span>,
  },
  {
    head: 'Partitions',
    isNumber: true,
    cell: ({ partitions }) => count(partitions),
    note: 'That it owns, of all topics',
  },
  { head: 'HTTP', cell: ({ httpUrl }) => httpUrl, note: 'Where the other nodes reach it' },
  { head: 'Kafka', cell: ({ kafkaAddress }) => kafkaAddress ?? '–', note: 'Where Kafka clients reach it' },
];

/** Who is there. */
export const NodesView = () => {
  useEffect(() => {
    const look = (): void => {
      if (!document.hidden) void askForNodes();
    };
    look();
    const timer = setInterval(look, lookMs);
    return () => clearInterval(timer);
  }, []);
  const known = nodes.value;
  return (
    <>
      <div class="view-head">
        <h1>Nodes</h1>
        <p class="soft">As the one that serves this page sees them.</p>
      </div>
      {known === null ? (
        <p class="soft">Loading…</p>
      ) : (
        <>
          <Table
            label="Nodes"
            columns={columns}
            rows={known.nodes}
            rowKey={({ nodeId }) => String(nodeId)}
            rowNote={({ error }) =>
              error === null ? null : (
                <span class="blocked bad">
                  <Icon name="warning" /> {error}
                </span>
              )
            }
          />
          {known.unowned === 0 ? null : (
            <p class="soft">{counted(known.unowned, 'partition')} on the move: owned by no node at this moment.</p>
          )}
        </>
      )}
    </>
  );
};

/** Only where there is more than one node. */
export const NodesLink = ({ current }: { readonly current: 'page' | undefined }) =>
  (nodes.value?.nodes.length ?? 0) < 2 && current === undefined ? null : (
    <a href={links.nodes} aria-current={current}>
      Nodes
    </a>
  );

export const UnreachableBanner = () => {
  const ids = unreachable.value.map(({ nodeId }) => nodeId);
  if (ids.length === 0) return null;
  return (
    <div class="banner" role="alert">
      <strong>{ids.length === 1 ? `Node ${ids[0]} does not answer.` : `Nodes ${ids.join(', ')} do not answer.`}</strong>{' '}
      What is on {ids.length === 1 ? 'it' : 'them'} is shown as it was told last, or is missing.{' '}
      <a href={links.nodes}>Nodes</a>
    </div>
  );
};
