import { bytes as size } from '../format.ts';
import { hexDump } from './hex-dump.ts';
import type { RecordDetails } from './record-source.ts';
import { SafeText } from './safe-text.tsx';
import { cutText } from './visible-text.ts';

/** Headers are short; one that is not is cut, and whole in the API. */
const maxChars = 2000;

export const HeaderTable = ({ headers }: { readonly headers: RecordDetails['headers'] }) => (
  <section aria-label="Headers">
    <h3>
      Headers <span class="soft small">{headers.length === 0 ? '' : headers.length}</span>
    </h3>
    {headers.length === 0 ? (
      <p class="soft">none</p>
    ) : (
      <dl class="record-headers">
        {headers.map(({ key, value }, index) => (
          <div key={index}>
            <dt>
              <SafeText text={cutText(key, maxChars)} />
            </dt>
            <dd>
              {value === null ? (
                <span class="soft">null</span>
              ) : value.text === null ? (
                <code>{hexDump(value.bytes, 64)}</code>
              ) : (
                <SafeText text={cutText(value.text, maxChars)} />
              )}
              {value !== null && (value.text === null ? value.bytes.length > 64 : value.text.length > maxChars) ? (
                <span class="soft small"> … cut, {size(value.bytes.length)} in all</span>
              ) : null}
            </dd>
          </div>
        ))}
      </dl>
    )}
  </section>
);
