import { fileURLToPath } from 'node:url';
import { ensureDashboard } from '../../scripts/ensure-dashboard.mjs';

/** Once before all tests: the live page is the one of today's sources, whoever runs them. */
export default (): void => {
  if (!ensureDashboard(fileURLToPath(new URL('../..', import.meta.url))))
    throw new Error('the live page could not be built; the reason is above');
};
