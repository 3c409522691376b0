import type { HttpLimits } from './http-settings.ts';
import type { Route } from './route.ts';
import { acknowledgeRoutes } from './routes/acknowledge.ts';
import { acquireRoute } from './routes/acquire.ts';
import { auditRoute } from './routes/audit.ts';
import { healthRoutes } from './routes/health.ts';
import { produceRoute } from './routes/produce.ts';
import { shareGroupRoutes } from './routes/share-groups.ts';
import { topicRoutes } from './routes/topics.ts';

/** Every endpoint of the API, in the order of the reference. */
export const apiRoutes = (limits: HttpLimits): readonly Route[] => [
  acquireRoute(limits),
  ...acknowledgeRoutes(limits),
  produceRoute,
  ...topicRoutes(limits),
  ...shareGroupRoutes,
  auditRoute,
  ...healthRoutes,
];
