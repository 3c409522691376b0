import { useMemo, useState } from 'preact/hooks';
import { bytes as size } from '../format.ts';
import { CopyButton } from './copy-button.tsx';
import { saveFile } from './copy-text.ts';
import { formatJson } from './format-json.ts';
import { hexDump } from './hex-dump.ts';
import { bestView } from './payload.ts';
import type { Payload, PayloadView } from './payload.ts';
import { LongText, TextPieces } from './safe-text.tsx';
import { cutText } from './visible-text.ts';

/** How much is shown at first, and how much more each time. */
const pageSize = 16_384;
/** Beyond, JSON has no colours: a token each would be too many elements. */
const maxColoured = 65_536;

const viewWords = { json: 'JSON', text: 'Text', hex: 'Hex' } as const;

/** A key or a value: as JSON, as text and as bytes, cut when it is long, to copy and to save. */
export const PayloadPanel = ({
  title,
  payload,
  fileName,
}: {
  readonly title: string;
  readonly payload: Payload | null;
  /** For saving it, without an extension. */
  readonly fileName: string;
}) => {
  const [chosen, setChosen] = useState<PayloadView | null>(null);
  const [shown, setShown] = useState(pageSize);
  const possible = (view: PayloadView): boolean =>
    payload !== null && (view === 'hex' || (view === 'text' ? payload.text !== null : payload.isJson));
  const best = payload === null ? 'text' : bestView(payload);
  const view = chosen !== null && possible(chosen) ? chosen : best;
  return (
    <section class="payload" aria-label={title}>
      <header>
        <h3>
          {title} <span class="soft small">{payload === null ? '' : size(payload.bytes.length)}</span>
        </h3>
        {payload === null || payload.bytes.length === 0 ? null : (
          <div class="payload-tools">
            <div class="segmented" role="group" aria-label={`Show the ${title.toLowerCase()} as`}>
              {(['json', 'text', 'hex'] as const).map((each) => (
                <button
                  key={each}
                  type="button"
                  aria-pressed={view === each}
                  disabled={!possible(each)}
                  title={possible(each) ? undefined : each === 'json' ? 'It is no JSON' : 'It is no UTF-8'}
                  onClick={() => {
                    setChosen(each);
                    setShown(pageSize);
                  }}
                >
                  {viewWords[each]}
                </button>
              ))}
            </div>
            <CopyButton label="Copy" text={() => payload.text ?? hexDump(payload.bytes, payload.bytes.length)} />
            <button
              type="button"
              class="button small"
              onClick={() =>
                saveFile(
                  `${fileName}.${payload.text === null ? 'bin' : payload.isJson ? 'json' : 'txt'}`,
                  payload.bytes,
                )
              }
            >
              Download
            </button>
          </div>
        )}
      </header>
      {payload === null ? (
        <p class="soft payload-none">null: there is none</p>
      ) : payload.bytes.length === 0 ? (
        <p class="soft payload-none">empty: 0 bytes</p>
      ) : (
        <PayloadBody payload={payload} view={view} shown={shown} more={(by) => setShown(shown + by)} title={title} />
      )}
    </section>
  );
};

const PayloadBody = ({
  payload,
  view,
  shown,
  more,
  title,
}: {
  readonly payload: Payload;
  readonly view: PayloadView;
  readonly shown: number;
  readonly more: (by: number) => void;
  readonly title: string;
}) => {
  const text = payload.text ?? '';
  const json = useMemo(() => (view === 'json' ? formatJson(text, shown) : null), [text, view, shown]);
  const length = view === 'hex' ? payload.bytes.length : text.length;
  const isCut = json === null ? length > shown : json.isCut;
  return (
    <>
      <pre
        class={`payload-body ${view}`}
        dir={view === 'text' ? 'auto' : 'ltr'}
        tabIndex={0}
        role="region"
        aria-label={`${title}, ${viewWords[view]}`}
      >
        {view === 'hex' ? (
          <LongText text={hexDump(payload.bytes, shown)} />
        ) : json === null ? (
          <LongText text={cutText(text, shown)} />
        ) : shown > maxColoured ? (
          <LongText text={json.tokens.map((token) => token.text).join('')} />
        ) : (
          json.tokens.map(({ kind, text }, index) =>
            kind === 'space' || kind === 'mark' ? (
              text
            ) : (
              <bdi key={index} class={`json-${kind}`}>
                <TextPieces text={text} />
              </bdi>
            ),
          )
        )}
      </pre>
      {isCut ? (
        <p class="payload-more">
          <span class="soft small">Cut: there is more of it.</span>
          <button type="button" class="button small" onClick={() => more(pageSize * 4)}>
            Show more
          </button>
          <button type="button" class="button small" onClick={() => more(length * 20)}>
            Show all ({size(payload.bytes.length)})
          </button>
        </p>
      ) : null}
    </>
  );
};
