import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cliPage } from '../../scripts/cli-page.mjs';
import { settingsPage } from '../../scripts/settings-page.mjs';
import { makeProgram } from '../../src/cli/program.ts';
import { settings } from '../../src/config.ts';
import { type ProblemCode, isRetriable, problemCodes, problemStatuses } from '../../src/http/problem.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

describe('the settings page', () => {
  it('is what `npm run docs` makes of the schema', () => {
    expect(read('docs/settings.md')).toBe(settingsPage());
  });

  it('names every setting', () => {
    for (const { name } of settings) expect(read('docs/settings.md')).toContain(`| \`${name}\` |`);
  });
});

describe('the page of the command line', () => {
  it('is what `npm run docs` makes of the commands', () => {
    expect(read('docs/cli.md')).toBe(cliPage());
  });

  it('says of every command what --json prints', () => {
    const sections = read('docs/cli.md').split('### sash ').slice(1);
    expect(sections.length).toBeGreaterThan(20);
    for (const section of sections) {
      if (/^(serve|completion)\n/.test(section)) continue;
      expect(section.replaceAll('\n', ' '), section.split('\n')[0]).toContain('With --json: ');
    }
  });
});

describe('the commands in the documents', () => {
  it('are commands, with options that they have', () => {
    const lines = ['README.md', 'docs/cli.md', 'CONTRIBUTING.md'].flatMap((page) =>
      [...read(page).matchAll(/^ *(?:\$ )?(?:npx )?sash (?!serve)([a-z].*)$/gm)].map(([, line]) => line ?? ''),
    );
    expect(lines.length).toBeGreaterThan(10);
    for (const line of lines) {
      let command = makeProgram();
      for (const word of line.replace(/ (#|\||-- ).*$/, '').split(/ +/)) {
        const below = command.commands.find((sub) => sub.name() === word);
        if (below !== undefined) command = below;
        else if (word.startsWith('-')) {
          const known = [...command.options, ...makeProgram().options].flatMap(({ short, long }) => [short, long]);
          expect(known, line).toContain(word);
        }
      }
      expect(command.commands, line).toEqual([]);
    }
  });
});

describe('the page of error codes', () => {
  const documented = [...read('docs/errors.md').matchAll(/^\| `([A-Z_]+)`\s*\| (\d{3})\s*\| (yes|no)\s*\|/gm)];

  it('has every code, and none that does not exist', () => {
    expect(documented.map(([, code]) => String(code)).toSorted()).toEqual([...problemCodes].toSorted());
  });

  it('says which status a code has and whether to try again', () => {
    const claimed = documented.map(([, code, status, retriable]) => [code, Number(status), retriable]);
    const actual = documented.map(([, code]) => [
      code,
      problemStatuses[code as ProblemCode],
      isRetriable(code as ProblemCode) ? 'yes' : 'no',
    ]);
    expect(claimed).toEqual(actual);
  });
});

describe('the README and CONTRIBUTING', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

  it('name no npm script that does not exist', () => {
    for (const page of ['README.md', 'CONTRIBUTING.md', 'ARCHITECTURE.md', 'bench/README.md']) {
      const named = [...read(page).matchAll(/npm run ([a-z:]+)/g)].map(([, name]) => name ?? '');
      for (const name of named) expect(Object.keys(scripts), `${page}: npm run ${name}`).toContain(name);
    }
  });

  it('list every script that a contributor runs', () => {
    const page = read('CONTRIBUTING.md');
    for (const name of Object.keys(scripts)) {
      if (name.startsWith('pre')) continue;
      expect(page).toContain(name === 'test' || name === 'start' ? `npm ${name}` : `npm run ${name}`);
    }
  });

  it('link to nothing that is not there', () => {
    for (const page of ['README.md', 'CONTRIBUTING.md']) {
      for (const [, target] of read(page).matchAll(/\]\((?!https?:)([^)#]+)/g)) {
        expect(() => read(target ?? ''), `${page} links to ${target}`).not.toThrow();
      }
    }
  });
});
