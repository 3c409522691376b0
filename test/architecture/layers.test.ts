import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checkLayers } from '../../scripts/check-layers.mjs';

const src = fileURLToPath(new URL('../../src', import.meta.url));

describe('the layers', () => {
  it('hold, and every file of src was looked at', async () => {
    const { violations, unseen, modules, dependencies } = await checkLayers();
    expect(violations).toEqual([]);
    expect(unseen).toEqual([]);
    expect(modules).toBeGreaterThan(60);
    expect(dependencies).toBeGreaterThan(150);
  });

  it('are broken by a core that imports a port, Node or a package: the check is awake', async () => {
    const folder = mkdtempSync(`${src}/core/broken-on-purpose-`);
    try {
      writeFileSync(
        `${folder}/broken.ts`,
        `import type { Clock } from '../../ports/clock.ts';\nimport { readFileSync } from 'node:fs';\nimport { z } from 'zod';\nexport const broken = (clock: Clock) => z.string().parse(readFileSync(String(clock.wallMs()), 'utf8'));\n`,
      );
      const { violations } = await checkLayers();
      const rules = violations
        .filter((text) => text.includes('broken-on-purpose'))
        .map((text) => String(text.split(':')[0]));
      expect(rules.toSorted()).toEqual(['layer-core', 'node-of-core', 'npm-of-core']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
