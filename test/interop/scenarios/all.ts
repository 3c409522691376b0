import type { Scenario } from '../scenario.ts';
import { acknowledging } from './acknowledging.ts';
import { acquiring } from './acquiring.ts';
import { groups } from './groups.ts';
import { logs } from './logs.ts';
import { members } from './members.ts';

/** Every scenario, in the order in which they start. */
export const scenarios: readonly Scenario[] = [...members, ...acknowledging, ...acquiring, ...groups, ...logs];
