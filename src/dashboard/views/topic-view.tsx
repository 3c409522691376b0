import { useEffect, useState } from 'preact/hooks';
import { ProduceDialog } from '../actions/topic-dialogs.tsx';
import { api, paths } from '../api.ts';
import type { StoredRecord, TopicRow, TopicPartition } from '../api-types.ts';
import { bytes, count, rate } from '../format.ts';
import { topics } from '../live/live-store.ts';
import { messageOf } from '../parts/action-dialog.tsx';
import { Empty } from '../parts/empty.tsx';
import { Table } from '../parts/table.tsx';
import { Time } from '../parts/time.tsx';
import { RecordDrawer } from '../record/record-drawer.tsx';
import { SafeText } from '../record/safe-text.tsx';
import { sizeOf } from './topics-view.tsx';
import { go, withoutRecord } from '../place.ts';
import { links } from '../router.ts';
import type { Route } from '../router.ts';

type TopicRoute = Extract<Route, { view: 'topic' }>;

export const TopicView = ({ at }: { readonly at: TopicRoute }) => {
  const { topic } = at;
  const [isProducing, setProducing] = useState(false);
  const described = topics.value?.get(topic);
  if (topics.value !== null && described === undefined)
    return (
      <Empty isView title={`There is no topic ${topic}`}>
        <p>
          It was deleted, or has never been. <a href={links.topics}>All topics</a>
        </p>
      </Empty>
    );
  return (
    <>
      <nav class="crumbs" aria-label="Where you are">
        <a href={links.topics}>Topics</a> /{' '}
        {at.partition === null ? null : (
          <>
            <a href={links.topic(topic)}>{topic}</a> /
          </>
        )}
      </nav>
      <div class="view-head">
        <h1>{at.partition === null ? topic : `${topic}-${at.partition}`}</h1>
        {described === undefined ? null : (
          <p class="soft number">
            {rate(described.recordsInPerSecond)} records/s in, {bytes(sizeOf(described))}
          </p>
        )}
        <div class="actions">
          <button type="button" class="button" disabled={described === undefined} onClick={() => setProducing(true)}>
            Produce a record…
          </button>
        </div>
      </div>
      {described === undefined ? null : at.partition === null ? (
        <>
          <Partitions described={described} />
          <Configs described={described} />
        </>
      ) : (
        <Browse
          key={at.partition}
          at={at}
          bounds={described.partitions.find(({ partition }) => partition === at.partition)}
        />
      )}
      {isProducing && described !== undefined ? (
        <ProduceDialog topic={topic} partitions={described.partitions.length} onClose={() => setProducing(false)} />
      ) : null}
      {at.record === null ? null : (
        <RecordDrawer
          group={null}
          {...at.record}
          onClose={() => go(withoutRecord(), 'replace')}
          onGo={(offset) => go(links.stored({ topic, partition: at.partition ?? 0, offset }), 'replace')}
        />
      )}
    </>
  );
};

const Partitions = ({ described }: { readonly described: TopicRow }) => (
  <Table
    label="Partitions"
    columns={[
      {
        head: 'Partition',
        cell: (row) => (
          <a class="name" data-row href={links.partition(described.topic, row.partition)}>
            {described.topic}-{row.partition}
          </a>
        ),
        sortBy: (row) => row.partition,
      },
      {
        head: 'First offset',
        isNumber: true,
        cell: (row) => count(row.logStartOffset),
        sortBy: (row) => row.logStartOffset,
      },
      {
        head: 'End offset',
        isNumber: true,
        cell: (row) => count(row.logEndOffset),
        sortBy: (row) => row.logEndOffset,
        note: 'One past the last record',
      },
      {
        head: 'Records',
        isNumber: true,
        cell: (row) => count(row.logEndOffset - row.logStartOffset),
        sortBy: (row) => row.logEndOffset - row.logStartOffset,
      },
      { head: 'Size', isNumber: true, cell: (row) => bytes(row.sizeBytes), sortBy: (row) => row.sizeBytes },
    ]}
    rows={described.partitions}
    rowKey={(row) => String(row.partition)}
  />
);

const Configs = ({ described }: { readonly described: TopicRow }) => (
  <section class="after">
    <h2>Settings</h2>
    <dl class="pairs">
      {Object.entries(described.config).map(([name, value]) => (
        <div key={name}>
          <dt>
            <code>{name}</code>
          </dt>
          <dd>
            <code>{value}</code>
          </dd>
        </div>
      ))}
    </dl>
  </section>
);

const pageSize = 50;

interface ReadAnswer {
  readonly records: readonly StoredRecord[];
  readonly logStartOffset: number;
  readonly logEndOffset: number;
  readonly nextOffset: number | null;
}

/** Records of one partition as they are in the log: no group knows that somebody looked. */
const Browse = ({ at, bounds }: { readonly at: TopicRoute; readonly bounds: TopicPartition | undefined }) => {
  const partition = at.partition ?? 0;
  const [answer, setAnswer] = useState<ReadAnswer | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [typed, setTyped] = useState('');
  const end = bounds?.logEndOffset ?? 0;
  const start = bounds?.logStartOffset ?? 0;
  // Unless asked otherwise, the newest.
  const fromOffset = Math.max(start, at.fromOffset ?? end - pageSize);
  useEffect(() => {
    const stop = new AbortController();
    api
      .get<ReadAnswer>(`${paths.records(at.topic, partition)}?fromOffset=${fromOffset}&limit=${pageSize}`, stop.signal)
      .then(
        (read) => {
          setAnswer(read);
          setProblem(null);
        },
        (error: unknown) => {
          if (!stop.signal.aborted) setProblem(messageOf(error));
        },
      );
    return () => stop.abort();
  }, [at.topic, partition, fromOffset]);
  if (bounds === undefined) return <Empty title={`${at.topic} has no partition ${partition}`} />;
  const jump = (offset: number): void => go(links.partition(at.topic, partition, Math.max(start, offset)));
  const last = answer?.records.at(-1)?.offset;
  return (
    <>
      <form
        class="browse"
        onSubmit={(event) => {
          event.preventDefault();
          const digits = typed.replaceAll(/[\s,_]/g, '');
          if (/^\d{1,15}$/.test(digits)) jump(Number(digits));
        }}
      >
        <p class="soft">
          Offsets {count(start)} to {end === start ? '–' : count(end - 1)}. Looking here moves no group.
        </p>
        <div class="actions">
          <button type="button" class="button" disabled={fromOffset <= start} onClick={() => jump(start)}>
            Oldest
          </button>
          <button
            type="button"
            class="button"
            disabled={fromOffset <= start}
            onClick={() => jump(fromOffset - pageSize)}
          >
            Older
          </button>
          <button
            type="button"
            class="button"
            disabled={last === undefined || last >= end - 1}
            onClick={() => jump((last ?? 0) + 1)}
          >
            Newer
          </button>
          <button type="button" class="button" onClick={() => go(links.partition(at.topic, partition))}>
            Newest
          </button>
          <label class="jump">
            <span class="sr-only">Go to offset</span>
            <input
              inputMode="numeric"
              placeholder="Go to offset"
              value={typed}
              onInput={(event) => setTyped(event.currentTarget.value)}
            />
          </label>
        </div>
      </form>
      {problem === null ? null : <p class="refused">{problem}</p>}
      {answer === null ? null : answer.records.length === 0 ? (
        <Empty title="No records here">
          <p>Produce one with the button above, or take another offset.</p>
        </Empty>
      ) : (
        <Table
          label={`Records of ${at.topic}-${partition}`}
          columns={[
            {
              head: 'Offset',
              isNumber: true,
              cell: (row) => (
                <a class="name" data-row href={links.stored({ topic: at.topic, partition, offset: row.offset })}>
                  {count(row.offset)}
                </a>
              ),
            },
            { head: 'Time', cell: (row) => <Time at={row.timestamp} /> },
            { head: 'Key', cell: (row) => <Brief value={row.key} encoding={row.keyEncoding} /> },
            { head: 'Value', isWide: true, cell: (row) => <Brief value={row.value} encoding={row.valueEncoding} /> },
            { head: 'Headers', isNumber: true, cell: (row) => count(row.headers.length) },
          ]}
          rows={answer.records}
          rowKey={(row) => String(row.offset)}
        />
      )}
    </>
  );
};

/** The beginning of a key or value, on one line. */
const Brief = ({ value, encoding }: { readonly value: unknown; readonly encoding: string | null }) => {
  if (encoding === null) return <span class="soft">null</span>;
  const text = encoding === 'json' ? JSON.stringify(value) : String(value);
  const shown = text.length > 120 ? `${text.slice(0, 120)}…` : text;
  return (
    <code class="brief">
      {encoding === 'base64' ? <span class="soft">base64 </span> : null}
      <SafeText text={shown} />
    </code>
  );
};
