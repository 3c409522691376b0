import { describe, expectTypeOf, it } from 'vitest';
import type { z } from 'zod';
import type * as api from '../../src/client/api.ts';
import type { acknowledgeBody, acknowledgeResponse } from '../../src/http/schemas/acknowledge.ts';
import type { acquireBody, acquireResponse } from '../../src/http/schemas/acquire.ts';
import type { auditResponse } from '../../src/http/schemas/audit.ts';
import type { eventsResponse } from '../../src/http/schemas/events.ts';
import type { historyResponse } from '../../src/http/schemas/history.ts';
import type { membersResponse } from '../../src/http/schemas/members.ts';
import type { beginBody, operationsResponse } from '../../src/http/schemas/operations.ts';
import type { readResponse } from '../../src/http/schemas/records.ts';
import type * as groups from '../../src/http/schemas/share-groups.ts';
import type { topicResponse } from '../../src/http/schemas/topics.ts';

type Output<T extends z.ZodType> = Json<z.output<T>>;
type MadeInput<T extends (...settings: never[]) => z.ZodType> = z.input<ReturnType<T>>;

/** Checked by the compiler: the client's types are written by hand, so that it knows nothing of the server. */
describe('the shapes of the client', () => {
  it('have what the server answers', () => {
    expectTypeOf<Output<typeof topicResponse>>().toExtend<api.Topic>();
    expectTypeOf<Output<typeof readResponse>>().toExtend<api.ReadAnswer>();
    expectTypeOf<Output<typeof acquireResponse>>().toExtend<api.AcquireAnswer>();
    expectTypeOf<Output<typeof acknowledgeResponse>>().toExtend<{ results: api.AcknowledgeResult[] }>();
    expectTypeOf<Output<typeof groups.groupsResponse>>().toExtend<{ groups: api.ShareGroupRow[] }>();
    expectTypeOf<Output<typeof groups.groupResponse>>().toExtend<api.ShareGroup>();
    expectTypeOf<Output<typeof groups.windowsResponse>>().toExtend<{ windows: api.WindowRow[] }>();
    expectTypeOf<Output<typeof groups.windowResponse>>().toExtend<api.WindowPage>();
    expectTypeOf<Output<typeof groups.peekResponse>>().toExtend<api.PeekAnswer>();
    expectTypeOf<Output<typeof groups.archivedResponse>>().toExtend<api.ArchivedPage>();
    expectTypeOf<Output<typeof groups.resetResponse>>().toExtend<api.ResetAnswer>();
    expectTypeOf<Output<typeof groups.settleResponse>>().toExtend<api.SettleAnswer>();
    expectTypeOf<Output<typeof membersResponse>>().toExtend<{ members: api.Member[] }>();
    expectTypeOf<Output<typeof historyResponse>>().toExtend<api.History>();
    expectTypeOf<Output<typeof auditResponse>>().toExtend<api.AuditPage>();
    expectTypeOf<Output<typeof operationsResponse>>().toExtend<{ operations: api.Operation[] }>();
    expectTypeOf<Output<typeof eventsResponse>>().toExtend<api.ServerEvent>();
    expectTypeOf<Output<typeof groups.workersResponse>>().toExtend<{ workers: api.WorkerRow[] }>();
  });

  it('say nothing that the server does not take', () => {
    expectTypeOf<Writable<api.AcquireRequest>>().toExtend<MadeInput<typeof acquireBody>>();
    expectTypeOf<{ acknowledgements: Writable<api.Acknowledgement>[] }>().toExtend<MadeInput<typeof acknowledgeBody>>();
    expectTypeOf<Writable<api.ResetRequest>>().toExtend<z.input<typeof groups.resetBody>>();
    expectTypeOf<Writable<api.OperationRequest>>().toExtend<z.input<typeof beginBody>>();
    expectTypeOf<Writable<api.SettleRequest>>().toExtend<z.input<typeof groups.settleBody>>();
  });
});

/** In JSON a member is there or not, never undefined. */
type Json<T> = T extends object ? { [Key in keyof T]: Json<Exclude<T[Key], undefined>> } : T;

/** The server's types are of JSON just read, and may be changed. */
type Writable<T> = T extends object ? { -readonly [Key in keyof T]: Writable<T[Key]> } : T;
