/**
 * Who may import whom: the table of ARCHITECTURE.md as data. Arrows point inwards; what a layer may import is
 * listed, everything else in src is forbidden to it. `npm` and `node` say which packages and built-in modules of Node
 * it may use: a list, or `true` for any.
 *
 * @type {Record<string, { imports: string[], npm: string[] | true, node: string[] | true }>}
 */
export const layers = {
  // The rules. No clock, no promise, no timer, no buffer.
  core: { imports: [], npm: [], node: [] },
  // Kafka bytes and values. Knows nothing of the server.
  codec: { imports: [], npm: ['@node-rs/crc32', 'lz4-napi', 'snappy'], node: true },
  ports: { imports: ['core'], npm: [], node: [] },
  broker: { imports: ['core', 'ports'], npm: [], node: [] },

  // The doors. Ports are named, never run: the broker's requests are made of their types (a stored batch, an outcome).
  http: {
    imports: ['broker', 'core', 'ports', 'codec/record-batch', 'codec/codec-error'],
    npm: ['@opentelemetry/api', 'fastify', 'zod'],
    node: true,
  },

  kafka: { imports: ['broker', 'core', 'ports', 'codec'], npm: [], node: true },

  // The live page: a program of the browser. What it uses of npm is built into it, and is no dependency at run time. Of the
  // client it has the types of the API's answers.
  dashboard: { imports: ['client/api'], npm: ['preact', '@preact/signals', 'uplot'], node: [] },

  // Requests to the brokers of a real Kafka.
  'kafka-client': { imports: ['codec', 'ports', 'core'], npm: [], node: true },

  // Several nodes: the broker of all of them, made of each one's own, and the calls between them.
  cluster: { imports: ['broker', 'core', 'ports', 'codec', 'kafka-client'], npm: [], node: true },

  // The adapters. They never call each other, and never the broker.
  log: { imports: ['ports', 'core', 'codec', 'sqlite', 'kafka-client'], npm: ['@node-rs/crc32'], node: true },
  store: {
    imports: ['ports', 'core', 'codec', 'sqlite', 'kafka-client'],
    npm: ['bullmq', 'ioredis'],
    node: true,
  },
  sqlite: { imports: ['ports', 'core'], npm: [], node: true },
  system: { imports: ['ports', 'core', 'codec', 'sqlite'], npm: ['pino', 'pino-pretty', 'prom-client'], node: true },

  // Outside the server: knows the HTTP API alone. `main.ts` is what `sash serve` starts, `accept-state-loss.ts` what is done while no server can
  // be asked; a rule below says who may.
  cli: { imports: ['client', 'main.ts', 'accept-state-loss.ts'], npm: ['commander', 'cli-table3'], node: true },
  // The same; it runs in any runtime that has a fetch.
  client: { imports: [], npm: [], node: [] },
};

/** Files of src that belong to no folder, and what they may import. */
const rootFiles = {
  // Settings know the limits and names of the core, nothing of the rest.
  'config.ts': ['core', 'cluster-settings.ts', 'setting.ts'],
  'cluster-settings.ts': ['setting.ts'],
  'setting.ts': [],
  // prettier-ignore
  'compose.ts': ['core', 'ports', 'broker', 'log', 'store', 'sqlite', 'system', 'config.ts', 'compose-cluster.ts', 'compose-doors.ts'],
  // prettier-ignore
  'compose-cluster.ts': ['core', 'ports', 'broker', 'kafka-client', 'cluster', 'log', 'store', 'sqlite', 'system', 'config.ts', 'compose-doors.ts', 'compose-outside.ts'],
  'compose-outside.ts': ['ports', 'kafka-client', 'store', 'system', 'config.ts'],
  'accept-state-loss.ts': ['ports', 'config.ts', 'compose-outside.ts'],
  'compose-doors.ts': ['core', 'ports', 'broker', 'http', 'kafka', 'system', 'config.ts'],
  'main.ts': ['core', 'ports', 'system', 'config.ts', 'compose.ts', 'compose-doors.ts'],
};

const escape = (text) => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
/** A folder, a file, or a family of files such as `codec/record-batch`, as a regular expression. */
const pathOf = (name) => `^src/${escape(name)}(/|[-.]|$)`;
const any = (patterns) => (patterns.length === 0 ? '^$' : patterns.join('|'));

const layerRules = Object.entries(layers).flatMap(([layer, { imports, npm, node }]) => {
  const from = { path: `^src/${layer}/` };
  return [
    {
      name: `layer-${layer}`,
      comment: `src/${layer} may import only: ${[layer, ...imports].join(', ')}`,
      severity: 'error',
      from,
      to: { path: '^src/', pathNot: any([`^src/${layer}/`, ...imports.map(pathOf)]) },
    },
    npm !== true && {
      name: `npm-of-${layer}`,
      comment: `src/${layer} may use of npm only: ${npm.join(', ') || 'nothing'}`,
      severity: 'error',
      from,
      to: {
        dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown', 'unknown'],
        pathNot: any(npm.map((name) => `(^|/)node_modules/${escape(name)}/`)),
      },
    },
    node !== true && {
      name: `node-of-${layer}`,
      comment: `src/${layer} may use of Node only: ${node.join(', ') || 'nothing'}`,
      severity: 'error',
      from,
      to: { dependencyTypes: ['core'], pathNot: any(node.map((name) => `^(node:)?${escape(name)}$`)) },
    },
  ].filter(Boolean);
});

const rootFileRules = Object.entries(rootFiles).map(([file, imports]) => ({
  name: `file-${file}`,
  comment: `src/${file} may import only: ${imports.join(', ')}`,
  severity: 'error',
  from: { path: `^src/${escape(file)}$` },
  to: { path: '^src/', pathNot: any(imports.map(pathOf)) },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...layerRules,
    ...rootFileRules,
    {
      name: 'every-folder-has-a-layer',
      comment: 'A new folder or file directly in src belongs into the table of .dependency-cruiser.mjs',
      severity: 'error',
      from: {},
      to: {
        path: '^src/',
        pathNot: any([
          ...Object.keys(layers).map((layer) => `^src/${layer}/`),
          ...Object.keys(rootFiles).map((file) => `^src/${escape(file)}$`),
        ]),
      },
    },
    {
      name: 'only-one-command-works-without-a-server',
      comment: 'Only `sash cluster accept-state-loss` works without a server: none can be asked then',
      severity: 'error',
      from: { path: '^src/cli/', pathNot: String.raw`^src/cli/commands/cluster\.ts$` },
      to: { path: String.raw`^src/accept-state-loss\.ts$` },
    },
    {
      name: 'only-serve-starts-the-server',
      comment: 'Of the command line only `sash serve` knows the server, and loads it when it is asked for',
      severity: 'error',
      from: { path: '^src/cli/', pathNot: String.raw`^src/cli/commands/serve\.ts$` },
      to: { path: String.raw`^src/main\.ts$` },
    },
    { name: 'no-cycles', severity: 'error', from: { path: '^(src|demo|bench)/' }, to: { circular: true } },
    {
      name: 'no-orphans',
      comment: 'A file of src that nobody imports and that imports nobody is dead, or its test is missing',
      severity: 'error',
      from: { orphan: true, path: '^src/' },
      to: {},
    },
    {
      name: 'src-stands-alone',
      comment: 'src never imports tests, benchmarks, the demo or scripts',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|demo|scripts)/' },
    },
    {
      name: 'no-dev-dependencies-in-src',
      comment: 'What src needs at run time is a dependency, not a dev dependency',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/dashboard/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm', 'type-only'] },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'demo-uses-the-http-api-only',
      comment: 'The demo is a program outside the server: it starts it as a process and talks HTTP',
      severity: 'error',
      from: { path: '^demo/' },
      to: { path: '^src/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage|reports)/' },
    // TypeScript 7 has no JavaScript API; without swc every .ts file would be skipped without a word.
    parser: 'swc',
    tsPreCompilationDeps: true,
    detectProcessBuiltinModuleCalls: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
