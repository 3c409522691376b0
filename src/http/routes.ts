import type { HttpLimits } from './http-settings.ts';
import type { Route } from './route.ts';
import { acknowledgeRoutes } from './routes/acknowledge.ts';
import { acquireRoute } from './routes/acquire.ts';
import { auditRoute } from './routes/audit.ts';
import { eventsRoute } from './routes/events.ts';
import { healthRoutes } from './routes/health.ts';
import { historyRoute } from './routes/history.ts';
import { membersRoute } from './routes/members.ts';
import { nodesRoute } from './routes/nodes.ts';
import { operationRoutes } from './routes/operations.ts';
import { produceRoute } from './routes/produce.ts';
import { shareGroupRoutes } from './routes/share-groups.ts';
import { stripsRoute } from './routes/strips.ts';
import { topicRoutes } from './routes/topics.ts';

/** Every endpoint of the API, in the order of the reference. */
export const apiRoutes = (limits: HttpLimits): readonly Route[] => [
  acquireRoute(limits),
  ...acknowledgeRoutes(limits),
  produceRoute,
  ...topicRoutes(limits),
  ...shareGroupRoutes,
  membersRoute,
  historyRoute,
  stripsRoute,
  ...operationRoutes,
  auditRoute,
  eventsRoute,
  nodesRoute,
  ...healthRoutes,
];
