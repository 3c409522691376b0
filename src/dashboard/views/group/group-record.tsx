import { useState } from 'preact/hooks';
import { SettleDialog, settleTypes } from '../../actions/settle-dialog.tsx';
import type { SettleType } from '../../actions/settle-dialog.tsx';
import type { WatchedGroup } from '../../live/live-store.ts';
import { windowKey } from '../../live/live-store.ts';
import { RecordDrawer } from '../../record/record-drawer.tsx';
import { go, recordLink, withoutRecord } from '../../place.ts';
import type { RecordPlace } from '../../router.ts';

/** A record of a group's window, with what can be done to it. */
export const GroupRecord = ({
  group,
  place,
  live,
}: {
  readonly group: string;
  readonly place: RecordPlace;
  readonly live: WatchedGroup;
}) => {
  const [settling, setSettling] = useState<SettleType | null>(null);
  const { topic, partition, offset } = place;
  const window = live.windows.get(windowKey(topic, partition));
  const isInWindow = window !== undefined && offset >= window.startOffset && offset < window.endOffset;
  return (
    <RecordDrawer
      group={group}
      topic={topic}
      partition={partition}
      offset={offset}
      version={window?.version}
      onClose={() => go(withoutRecord(), 'replace')}
      onGo={(next) => go(recordLink(group, { topic, partition, offset: next }), 'replace')}
      actions={
        <>
          {settleTypes.map(({ type, name, what }) => (
            <button
              key={type}
              type="button"
              class="button"
              disabled={!isInWindow}
              title={isInWindow ? what : 'Only a record in the window can be ended'}
              onClick={() => setSettling(type)}
            >
              {name}…
            </button>
          ))}
          {settling === null ? null : (
            <SettleDialog
              target={{ group, topic, partition, firstOffset: offset, lastOffset: offset, type: settling }}
              onClose={() => setSettling(null)}
            />
          )}
        </>
      }
    />
  );
};
