import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { generatedFiles } from '../../scripts/generate-messages.mjs';

const root = new URL('../../', import.meta.url);

describe('the generated messages', () => {
  it('are what `npm run messages` makes of the definitions', () => {
    const files = generatedFiles() as ReadonlyMap<string, string>;
    for (const [path, text] of files) {
      expect(readFileSync(new URL(path, root), 'utf8') === text, `${path} is stale: npm run messages`).toBe(true);
    }
    const inFolder = readdirSync(new URL('src/codec/messages/', root)).map((file) => `src/codec/messages/${file}`);
    expect(inFolder.filter((path) => !files.has(path))).toEqual([]);
  });
});
