import { useState } from 'preact/hooks';
import { api, paths } from '../api.ts';
import { bytes, count } from '../format.ts';
import { ActionDialog } from '../parts/action-dialog.tsx';
import { go } from '../place.ts';
import { links } from '../router.ts';

export const CreateTopicDialog = ({ onClose }: { readonly onClose: () => void }) => {
  const [topic, setTopic] = useState('');
  const [partitions, setPartitions] = useState('4');
  const number = Number(partitions);
  const isComplete = topic.trim() !== '' && Number.isInteger(number) && number >= 1;
  return (
    <ActionDialog
      title="Create a topic"
      inputs={`${topic} ${partitions}`}
      preview={() => ({
        text: isComplete ? (
          <p>
            The topic <strong>{topic.trim()}</strong> with {count(number)} {number === 1 ? 'partition' : 'partitions'}{' '}
            comes into being, empty, with the server's retention. Partitions can be added later, never taken away.
          </p>
        ) : (
          <p class="soft">It needs a name, and at least one partition.</p>
        ),
        confirmLabel: 'Create the topic',
        isUseful: isComplete,
      })}
      confirm={async () => {
        await api.post(paths.topics, { topic: topic.trim(), partitions: number });
        go(links.topic(topic.trim()));
      }}
      onClose={onClose}
    >
      <div class="fields two">
        <label class="field">
          <span>Name</span>
          <input
            value={topic}
            maxLength={249}
            autoComplete="off"
            spellcheck={false}
            placeholder="emails"
            onInput={(event) => setTopic(event.currentTarget.value)}
          />
        </label>
        <label class="field">
          <span>Partitions</span>
          <input
            type="number"
            min={1}
            max={10_000}
            value={partitions}
            onInput={(event) => setPartitions(event.currentTarget.value)}
          />
        </label>
      </div>
    </ActionDialog>
  );
};

export const ProduceDialog = ({
  topic,
  partitions,
  onClose,
}: {
  readonly topic: string;
  readonly partitions: number;
  readonly onClose: () => void;
}) => {
  const [key, setKey] = useState('');
  const [value, setValue] = useState('{"to": "a@b.c"}');
  const [partition, setPartition] = useState('');
  const [headers, setHeaders] = useState('');
  const size = new TextEncoder().encode(key + value).length;
  const parsed = headersOf(headers);
  const record = {
    ...(partition === '' ? {} : { partition: Number(partition) }),
    ...(key === '' ? {} : { key }),
    // As text: what is typed is what is stored, byte for byte.
    value,
    valueEncoding: 'text',
    ...(parsed === null || Object.keys(parsed).length === 0 ? {} : { headers: parsed }),
  };
  return (
    <ActionDialog
      title={`Produce a record to ${topic}`}
      inputs={JSON.stringify(record) + headers}
      preview={() => ({
        text:
          parsed === null ? (
            <p class="soft">A header is a line such as trace: 42.</p>
          ) : (
            <p>
              One record of {bytes(size)} is appended to{' '}
              {partition === ''
                ? key === ''
                  ? 'a partition of the server’s choice'
                  : 'the partition of its key'
                : `partition ${partition}`}
              . Every group that reads the topic gets it.
            </p>
          ),
        confirmLabel: 'Produce',
        isUseful: parsed !== null,
      })}
      confirm={() => api.post(paths.produce(topic), { records: [record] })}
      onClose={onClose}
    >
      <div class="fields two">
        <label class="field">
          <span>
            Key <span class="soft">(may be empty)</span>
          </span>
          <input value={key} spellcheck={false} onInput={(event) => setKey(event.currentTarget.value)} />
        </label>
        <label class="field">
          <span>Partition</span>
          <select value={partition} onChange={(event) => setPartition(event.currentTarget.value)}>
            <option value="">by key, or any</option>
            {Array.from({ length: partitions }, (_, number) => (
              <option key={number} value={number}>
                {number}
              </option>
            ))}
          </select>
        </label>
      </div>
      <label class="field">
        <span>Value</span>
        <textarea
          class="mono"
          rows={6}
          spellcheck={false}
          value={value}
          onInput={(event) => setValue(event.currentTarget.value)}
        />
      </label>
      <label class="field">
        <span>
          Headers <span class="soft">(one a line, name: value)</span>
        </span>
        <textarea
          class="mono"
          rows={2}
          spellcheck={false}
          value={headers}
          onInput={(event) => setHeaders(event.currentTarget.value)}
        />
      </label>
    </ActionDialog>
  );
};

/** null: a line has no name. */
const headersOf = (text: string): Record<string, string> | null => {
  const headers: Record<string, string> = {};
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const colon = line.indexOf(':');
    if (colon < 1) return null;
    headers[line.slice(0, colon).trim()] = line.slice(colon + 1).trim();
  }
  return headers;
};
