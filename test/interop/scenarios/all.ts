import type { Scenario } from '../scenario.ts';
import { acknowledging } from './acknowledging.ts';

/** Every scenario, in the order in which they start. */
export const scenarios: readonly Scenario[] = [...acknowledging];
