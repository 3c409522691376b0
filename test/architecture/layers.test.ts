import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkLayers } from '../../scripts/check-layers.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('the layers', () => {
  it('hold, and every file of src was looked at', async () => {
    const { violations, unseen, modules, dependencies } = await checkLayers();
    expect(violations).toEqual([]);
    expect(unseen).toEqual([]);
    expect(modules).toBeGreaterThan(60);
    expect(dependencies).toBeGreaterThan(150);
    // All of the source is read and resolved: seconds of a processor, and more where others use it.
  }, 120_000);
});

describe('the check of the layers is awake: it finds', () => {
  let tree: string;

  beforeEach(() => {
    tree = realpathSync(mkdtempSync(join(tmpdir(), 'sash-layers-')));
    symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'));
    writeFileSync(join(tree, 'package.json'), '{"type": "module", "dependencies": {"zod": "*"}}');
  });
  afterEach(() => rmSync(tree, { recursive: true }));

  /** The names of the rules that these files break, each once. */
  async function broken(files: Record<string, string>): Promise<string[]> {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(join(tree, file, '..'), { recursive: true });
      writeFileSync(join(tree, file), text);
    }
    const { violations } = await checkLayers(tree);
    return [...new Set(violations.map((text) => String(text.split(':')[0])))].toSorted((a, b) => a.localeCompare(b));
  }

  it('a core that imports a port, Node or a package', async () => {
    const files = {
      'src/core/window.ts': `import type { Clock } from '../ports/clock.ts';
        import { readFileSync } from 'node:fs';
        import { z } from 'zod';
        export const broken = (clock: Clock) => z.string().parse(readFileSync(String(clock)));`,
      'src/ports/clock.ts': `export interface Clock { now(): number }`,
    };
    expect(await broken(files)).toEqual(['layer-core', 'node-of-core', 'npm-of-core']);
  });

  it('a broker that knows an adapter, a door that knows the store, and adapters that know each other', async () => {
    const store = { 'src/store/store.ts': 'export const store = 1;' };
    const use = (path: string): string => `import { store } from '${path}'; export const used = store;`;
    expect(await broken({ ...store, 'src/broker/broker.ts': use('../store/store.ts') })).toEqual(['layer-broker']);
    rmSync(join(tree, 'src/broker'), { recursive: true });
    expect(await broken({ 'src/http/app.ts': use('../store/store.ts') })).toEqual(['layer-http']);
    rmSync(join(tree, 'src/http'), { recursive: true });
    expect(await broken({ 'src/log/log.ts': use('../store/store.ts') })).toEqual(['layer-log']);
  });

  it('cycles, orphans, folders without a layer, tests used by src, and a demo that looks into the server', async () => {
    expect(
      await broken({
        'src/core/a.ts': `import { b } from './b.ts'; export const a = () => b;`,
        'src/core/b.ts': `import { a } from './a.ts'; export const b = () => a;`,
        'src/core/alone.ts': 'export const alone = 1;',
        'src/utils/any.ts': `import { helper } from '../../test/helper.ts'; export const any = helper;`,
        'src/main.ts': `import { any } from './utils/any.ts'; console.log(any);`,
        'test/helper.ts': 'export const helper = 1;',
        'demo/run.ts': `import { a } from '../src/core/a.ts'; a();`,
      }),
    ).toEqual([
      'demo-uses-the-http-api-only',
      'every-folder-has-a-layer',
      'file-main.ts',
      'no-cycles',
      'no-orphans',
      'src-stands-alone',
    ]);
  });
});
