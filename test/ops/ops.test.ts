import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiVersionsApi } from '../../src/codec/messages/api-versions.ts';
import { compose } from '../../src/compose.ts';
import { readConfig } from '../../src/config.ts';
import { KafkaClient } from '../kafka/kafka-door.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** What a scrape gives: the type and the labels of each metric, and the names that its lines have. */
interface Scraped {
  readonly families: ReadonlyMap<string, { readonly type: string; readonly labels: ReadonlySet<string> }>;
  readonly lines: ReadonlyMap<string, ReadonlySet<string>>;
}

const parseScrape = (text: string): Scraped => {
  const families = new Map<string, { type: string; labels: Set<string> }>();
  const lines = new Map<string, Set<string>>();
  let family = { type: '', labels: new Set<string>() };
  for (const line of text.split('\n')) {
    const [, name, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (name !== undefined && type !== undefined) families.set(name, (family = { type, labels: new Set() }));
    const [, series, inner = ''] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? \S+$/.exec(line) ?? [];
    if (series === undefined) continue;
    const labels = [...inner.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g)].map(([, label = '']) => label);
    const known = lines.get(series) ?? new Set<string>();
    for (const label of labels) {
      known.add(label);
      if (label !== 'le') family.labels.add(label);
    }
    lines.set(series, known);
  }
  return { families, lines };
};

/** The series that an expression asks for, with the labels it wants of each. */
const askedFor = (expr: string) => {
  const grouping = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g;
  const bare = expr
    .replaceAll(grouping, ' ')
    .replaceAll(/\[[^\]]*\]/g, ' ')
    .replaceAll(/"(?:[^"\\]|\\.)*"/g, '""');
  const series: { readonly name: string; readonly labels: readonly string[] }[] = [];
  const words = /(?<![\w.])([a-zA-Z_:][\w:]*)\s*(\(|\{([^}]*)\})?/g;
  for (const [, name = '', after, matchers = ''] of bare.matchAll(words)) {
    if (after === '(' || ['and', 'or', 'unless', 'bool', 'offset'].includes(name)) continue;
    series.push({ name, labels: [...matchers.matchAll(/(\w+)\s*[=!]/g)].map(([, label = '']) => label) });
  }
  const grouped = [...expr.matchAll(grouping)].flatMap(([, labels = '']) =>
    labels.split(',').map((each) => each.trim()),
  );
  return { series, grouped: grouped.filter((each) => each !== '') };
};

/** Prometheus adds these. */
const added = new Set(['instance', 'job']);

describe('what is in ops', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sash-ops-'));
  let stop: () => Promise<void>;
  let text: string;
  let contentType: string | null;
  let scraped: Scraped;

  beforeAll(async () => {
    const argv = ['--data.dir', folder, '--http.port', '0', '--kafka.port', '0'];
    const config = readConfig({ argv, environment: {}, readFile: () => undefined });
    if (config.kind !== 'config') throw new Error('the settings are refused');
    const died = (error: Error) => {
      throw error;
    };
    const logger = { debug() {}, info() {}, warn() {}, error() {} };
    const server = compose(config.config, { logger, died });
    stop = server.stop;
    const { http, kafka = '' } = await server.start();
    const post = async (path: string, body: object) => {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(http + path, { method: 'POST', headers, body: JSON.stringify(body) });
      expect(answer.ok, path).toBe(true);
    };
    await post('/v1/topics', { topic: 'emails', partitions: 2 });
    await post('/v1/topics/emails/records', { records: [{ value: 1 }] });
    await post('/v1/share-groups/mailers/acquire', { topics: ['emails'], startFrom: 'earliest' });
    const [host, port] = kafka.split(':');
    const socket = connect(Number(port), host);
    await once(socket, 'connect');
    await new KafkaClient(socket).call(apiVersionsApi, 3, { clientSoftwareName: 'test', clientSoftwareVersion: '1' });
    socket.destroy();
    const answer = await fetch(`${http}/metrics`);
    contentType = answer.headers.get('content-type');
    text = await answer.text();
    scraped = parseScrape(text);
  });
  afterAll(async () => {
    await stop();
    rmSync(folder, { recursive: true });
  });

  const expressions = (): { readonly where: string; readonly expr: string }[] => {
    const { panels, templating } = JSON.parse(read('ops/grafana-dashboard.json')) as {
      panels: { title: string; targets?: { expr: string }[] }[];
      templating: { list: { name: string; definition?: string }[] };
    };
    return [
      ...panels.flatMap(({ title, targets = [] }) =>
        targets.map(({ expr }) => ({ where: `panel ${title}`, expr: expr.replaceAll('$__rate_interval', '5m') })),
      ),
      ...templating.list.flatMap(({ name, definition }) => {
        const [, of, label] = /^label_values\((.*), (\w+)\)$/.exec(definition ?? '') ?? [];
        return of === undefined ? [] : [{ where: `variable ${name}`, expr: `sum by (${label}) (${of})` }];
      }),
      ...[...read('ops/alerts.yml').matchAll(/- alert: (\w+)\n\s+expr: (.+)\n/g)].map(([, name, expr = '']) => ({
        where: `alert ${name}`,
        expr,
      })),
    ];
  };

  it('asks for metrics and labels that a running server exports', () => {
    const all = expressions();
    expect(all.length).toBeGreaterThan(60);
    expect(all.filter((each) => each.where.startsWith('alert')).length).toBe(
      read('ops/alerts.yml').match(/- alert:/g)?.length,
    );
    const wrong: string[] = [];
    for (const { where, expr } of all) {
      const { series, grouped } = askedFor(expr);
      expect(series.length, `${where}: ${expr}`).toBeGreaterThan(0);
      for (const { name, labels } of series) {
        const known = scraped.lines.get(name);
        if (known === undefined) wrong.push(`${where}: no metric ${name}`);
        for (const label of [...labels, ...grouped]) {
          if (known !== undefined && !known.has(label) && !added.has(label))
            wrong.push(`${where}: ${name} has no ${label}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it('would be found out', () => {
    expect(askedFor('sum by (a, le) (rate(x_total{b=~"c|d",e!="f g{}"}[5m])) / y unless on (h) (z > 0)')).toEqual({
      series: [
        { name: 'x_total', labels: ['b', 'e'] },
        { name: 'y', labels: [] },
        { name: 'z', labels: [] },
      ],
      grouped: ['a', 'le', 'h'],
    });
  });

  it('is documented, each metric with its type and its labels, and nothing else is', () => {
    // Of the process, and of calls to other nodes: which labels there are is told only when there was something to tell, such as a
    // collection of garbage.
    const shown = (name: string, type: string, labels: Iterable<string>) =>
      /^(?:process|nodejs|sash_forwarded)_/.test(name)
        ? `${name} ${type}`
        : `${name} ${type} ${[...labels].toSorted().join()}`;
    const documented = [...read('docs/metrics.md').matchAll(/^\| `(\w+)` +\| (\w+) +\| ([^|]*)\|/gm)].map(
      ([, name = '', type = '', labels = '']) =>
        shown(
          name,
          type,
          [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label),
        ),
    );
    const exported = [...scraped.families].map(([name, { type, labels }]) => shown(name, type, labels));
    expect(documented.toSorted()).toEqual(exported.toSorted());
  });

  it('has no two lines for one series', () => {
    expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
    const series = text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.slice(0, line.lastIndexOf(' ')));
    expect(new Set(series).size).toBe(series.length);
  });
});
