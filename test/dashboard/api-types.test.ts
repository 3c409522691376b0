import { expect, it } from 'vitest';
import type { z } from 'zod';
import type * as page from '../../src/dashboard/api-types.ts';
import { recordStates } from '../../src/dashboard/api-types.ts';
import type { auditLine } from '../../src/http/schemas/audit.ts';
import type { historyResponse } from '../../src/http/schemas/history.ts';
import type { membersResponse } from '../../src/http/schemas/members.ts';
import type { nodesResponse, unreachable } from '../../src/http/schemas/nodes.ts';
import type { readResponse } from '../../src/http/schemas/records.ts';
import type {
  archivedResponse,
  groupResponse,
  groupRow,
  windowRow,
  workerRow,
} from '../../src/http/schemas/share-groups.ts';
import type { topicResponse } from '../../src/http/schemas/topics.ts';

/** Compiles only where every answer of the server is what the page takes it for. */
type Fits<Taken, Given extends Taken> = Given;
type Checked = [
  Fits<page.GroupRow, z.output<typeof groupRow>>,
  Fits<page.GroupDescription, z.output<typeof groupResponse>>,
  Fits<page.WindowRow, z.output<typeof windowRow>>,
  Fits<page.WorkerRow, z.output<typeof workerRow>>,
  Fits<page.TopicRow, z.output<typeof topicResponse>>,
  Fits<page.AuditLine, z.output<typeof auditLine>>,
  Fits<page.History, z.output<typeof historyResponse>>,
  Fits<page.MemberRow, z.output<typeof membersResponse>['members'][number]>,
  Fits<page.NodesAnswer, z.output<typeof nodesResponse>>,
  Fits<readonly page.UnreachableNode[], z.output<typeof unreachable>>,
  Fits<page.ArchivedRow, z.output<typeof archivedResponse>['records'][number]>,
  Fits<page.StoredRecord, z.output<typeof readResponse>['records'][number]>,
];

it('has a count for each state of a record that the page knows', () => {
  const counts: Checked[2]['counts'] = { available: 0, acquired: 0, delayed: 0, acknowledged: 0, archived: 0 };
  expect(Object.keys(counts)).toEqual([...recordStates]);
});
