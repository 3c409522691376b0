import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const document = new URL('../../docs/faults.md', import.meta.url);

describe('docs/faults.md', () => {
  const rows = readFileSync(document, 'utf8')
    .split('\n')
    .filter((line) => /^\| (?!What happens|-)/.test(line));

  it('names for each fault tests that there are', () => {
    expect(rows.length).toBeGreaterThan(15);
    for (const row of rows) {
      const tests = [...row.matchAll(/\[[\w-]+\]\(([^)]+)\): "([^"]+)"/g)];
      expect(tests.length, row).toBeGreaterThan(0);
      for (const [, path = '', name = ''] of tests) {
        const file = new URL(path, document);
        expect(existsSync(file), path).toBe(true);
        const titles = [...readFileSync(file, 'utf8').matchAll(/\bit(?:\.\w+\([^)]*\))?\(\s*(['"`])(.*?)\1,/g)];
        expect(titles.map(([, , title]) => title)).toContain(name);
      }
    }
  });
});
