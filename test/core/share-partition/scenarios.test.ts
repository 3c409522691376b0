import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Scenario, parseScenario, printScenario } from './scenario-runner.ts';

const folder = join(import.meta.dirname, 'scenarios');
const update = process.env['UPDATE_SCENARIOS'] === '1';
const files = readdirSync(folder).filter((name) => name.endsWith('.txt'));

describe('scenarios', () => {
  it('are all there', () => {
    expect(files.length).toBeGreaterThanOrEqual(12);
  });

  it.each(files)('%s goes as written', (name) => {
    const path = join(folder, name);
    const text = readFileSync(path, 'utf8');
    const { blocks, after } = parseScenario(text);
    expect(blocks.length, 'a scenario has blocks').toBeGreaterThan(0);
    const scenario = new Scenario();
    const actual = printScenario({ blocks: blocks.map((b) => ({ ...b, expected: scenario.run(b.commands) })), after });
    if (update) writeFileSync(path, actual);
    // UPDATE_SCENARIOS=1 writes what happens into the file; read the difference before you keep it.
    else expect(actual).toBe(text);
  });
});
