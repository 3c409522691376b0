/**
 * Writes docs/settings.md from the schema of src/config.ts: `npm run docs`. A test fails when the page is stale.
 */
import { realpathSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { settings } from '../src/config.ts';

const cell = (text) => text.replaceAll('|', '\\|');

/** The whole page, as Markdown. */
export function settingsPage() {
  const rows = settings.map(
    ({ name, description, values, default: value }) =>
      `| \`${name}\` | ${value === '' ? '' : `\`${value}\``} | ${cell(values)} | ${cell(description)} |`,
  );
  return `<!-- Made from src/config.ts by \`npm run docs\`; edit there. -->

# Settings

Each setting has one name in three spellings. \`http.port\`, for example, is

- \`{"http.port": 8080}\` or \`{"http": {"port": 8080}}\` in a JSON file: \`sash.config.json\` in the working folder, or \`--config FILE\`,
  or the file that \`SASH_CONFIG\` names;
- \`SASH_HTTP_PORT=8080\` in the environment;
- \`--http.port 8080\` as a flag. Short: \`--port\`, \`--host\`, \`--data-dir\`.

A flag wins over the environment, the environment over the file, the file over the default. A name that is no setting and
a value out of its limits are refused with a sentence, exit code 2. Lists are separated by commas. \`sash serve --help\`
(in a clone: \`npm start -- --help\`) shows this page in the terminal.

The \`group.share.*\` settings, \`num.partitions\`, \`auto.create.topics.enable\` and \`log.retention.check.interval.ms\` are
Kafka's, with Kafka's defaults. The \`group.share.*\` defaults must lie within their own \`min\` and \`max\`, which bound what
a group may set. A window holds up to 1,000,000 records in flight where Kafka stops at 10,000; raise
\`group.share.max.partition.max.record.locks\` to allow it.

| Setting | Default | Values | Meaning |
|---|---|---|---|
${rows.join('\n')}
`;
}

if (realpathSync(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL('../docs/settings.md', import.meta.url), settingsPage());
}
