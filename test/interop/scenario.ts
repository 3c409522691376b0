import type { Stage } from './stage.ts';

export interface Scenario {
  /** A sentence that says what a user can rely on. */
  readonly name: string;
  /** Capabilities that the client must have (README.md). */
  readonly needs: readonly string[];
  /** Throws when what the sentence says is not so. */
  run(stage: Stage): Promise<void>;
}
