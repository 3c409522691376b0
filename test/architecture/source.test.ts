import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

const source = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .map((file) => `src/${file}`)
  .filter((file) => file.endsWith('.ts'));
const textOf = (file: string): string => readFileSync(join(root, file), 'utf8');

describe('the source', () => {
  it('has no file that is much longer than 500 lines', () => {
    const long = source.filter((file) => textOf(file).split('\n').length > 600);
    expect(long).toEqual([]);
  });

  it('has no drawers, no barrels, and at most three levels of folders', () => {
    for (const file of source) {
      expect(file).not.toMatch(/\/(utils?|helpers?|common|types|services|managers)(\/|\.ts$)/);
      expect(basename(file)).not.toBe('index.ts');
      expect(basename(file)).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*\.ts$/);
      expect(file.split('/').length).toBeLessThanOrEqual(4);
    }
  });

  it('has no enum, no any, no name like IThing, ThingImpl, ThingManager or ThingHelper', () => {
    for (const file of source) {
      const code = textOf(file)
        .replaceAll(/\/\*[\s\S]*?\*\//g, '')
        .replaceAll(/\/\/.*$/gm, '');
      expect(code, file).not.toMatch(/^\s*(export )?(const )?enum /m);
      expect(code, file).not.toMatch(/: any\b|<any>|as any\b/);
      expect(code, file).not.toMatch(/\b(class|interface|type) (I[A-Z][a-z]\w*|\w+(Impl|Manager|Helper))\b/);
    }
  });

  it('says the same oldest Node in the launcher and in main.ts', () => {
    const [launcher, main] = ['scripts/sash.mjs', 'src/main.ts'].map(
      (file) => /minimumNodeMajor = (\d+)/.exec(textOf(file))?.[1],
    );
    expect(launcher).toBeDefined();
    expect(main).toBe(launcher);
  });
});

describe('the repository', () => {
  it('has at its top what is prescribed, and nothing else', () => {
    // What git knows or would know; a clone without git has nothing else anyway.
    const listed = existsSync(join(root, '.git'))
      ? execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
      : readdirSync(root).join('\n');
    const top = new Set(
      listed
        .split('\n')
        .filter(Boolean)
        .map((path) => path.split('/')[0] ?? ''),
    );
    const visible = [...top].filter((name) => !name.startsWith('.'));
    expect(visible.toSorted()).toEqual(
      [
        'package.json',
        'package-lock.json',
        'tsconfig.json',
        'src',
        'openapi',
        'test',
        'bench',
        'docker-compose.embedded.yml',
        'docker-compose.yml',
        'Dockerfile',
        'README.md',
        'ARCHITECTURE.md',
        'CONTRIBUTING.md',
        'CHANGELOG.md',
        'LICENSE',
        // The demo, what runs on the machine's own Node, and pages that are checked for staleness.
        'demo',
        'scripts',
        'docs',
        // What watches it.
        'ops',
        // Configs of tools.
        'knip.json',
        'tsconfig.build.json',
        'vitest.config.ts',
      ].toSorted(),
    );
  });

  it('names no registry in its lock file, and has every platform in it', () => {
    const lock = textOf('package-lock.json');
    expect(lock).not.toContain('"resolved"');
    for (const platform of ['darwin-arm64', 'win32-x64', 'linux-arm64']) expect(lock).toContain(platform);
  });

  it('pins the runtime to one version', () => {
    const { devDependencies } = JSON.parse(textOf('package.json')) as { devDependencies: Record<string, string> };
    expect(devDependencies['node']).toMatch(/^\d+\.\d+\.\d+$/);
  });
});
