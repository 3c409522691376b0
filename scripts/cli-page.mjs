/**
 * Writes docs/cli.md from the commands themselves: `npm run docs`. A test fails when the page is stale.
 */
import { realpathSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { exitCodes } from '../src/cli/exit-code.ts';
import { makeProgram } from '../src/cli/program.ts';

/** The whole page, as Markdown. */
export function cliPage() {
  const rows = Object.values(exitCodes).map(({ code, meaning }) => `| ${code} | ${meaning} |`);
  const sections = commandsBelow(makeProgram(), '').map(
    ({ name, command }) => `### sash ${name}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\`\n`,
  );
  return `<!-- Made from src/cli by \`npm run docs\`; edit there. -->

# The command line

\`sash serve\` is the server; every other command talks to one over its HTTP API, from any machine that reaches it. In a clone of
this repository it is run as \`npx sash\`. To have it as \`sash\` in every folder of a shell, with completion, in the clone:

\`\`\`bash
eval "sash() { '$PWD/node_modules/.bin/node' '$PWD/scripts/sash.mjs' \\"\\$@\\"; }"
\`\`\`

- **Where the server is**: \`--url\`, or \`SASH_URL\` in the environment; without them \`http://127.0.0.1:8080\`.
- **For people** there are tables, sentences and windows drawn as a strip; colours on a terminal only, and not where \`NO_COLOR\` is
  set. What is asked for goes to stdout, everything that is said about it to stderr.
- **For machines** there is \`--json\` with every command: the very fields of the HTTP API ([openapi.json](../openapi/openapi.json)), as one
  document, or where records or looks follow one another as one line each (NDJSON).
- **What destroys** (\`delete\`, \`reset-offsets\`, \`settle\`, \`release-worker\`) asks first, on a terminal. Elsewhere it needs \`--yes\`, or
  changes nothing. \`--dry-run\` shows what would change.
- **Text of others**, such as values, reasons and names, cannot harm a terminal: control characters are shown as escapes there.
  In a pipe values are what they are, byte for byte.
- **Completion** of commands, options and the names of topics and groups in bash, zsh and fish: \`sash completion --help\`.

## Exit codes

| Code | Meaning |
|---|---|
${rows.join('\n')}

With a reader that goes away (\`| head\`) a command ends quietly, with 0. \`sash serve\` has codes of its own: 0 after a graceful stop, 1 when
something failed, 2 when a setting is wrong.

## Commands

With each of them: \`--url\`, \`--json\` and \`--help\`.

${sections.join('\n')}`;
}

/**
 * @param {import('commander').Command} parent
 * @param {string} prefix
 * @returns {{ name: string, command: import('commander').Command }[]} those that do something, groups of commands left out
 */
function commandsBelow(parent, prefix) {
  const visible = parent
    .createHelp()
    .visibleCommands(parent)
    .filter((command) => command.name() !== 'help');
  return visible.flatMap((command) => {
    const name = `${prefix}${command.name()}`;
    return command.commands.length === 0 ? [{ name, command }] : commandsBelow(command, `${name} `);
  });
}

/** @param {import('commander').Command} command */
function helpOf(command) {
  let text = '';
  command.configureOutput({
    writeOut: (part) => (text += part),
    getOutHelpWidth: () => 80,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text
    .replace(/Global Options:\n(?:  .*\n)+\n?/, '')
    .replace(/^  -h, --help .*\n(?: {10,}.*\n)*/m, '')
    .replace(/Options:\n\n/, '')
    .trim();
}

if (realpathSync(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL('../docs/cli.md', import.meta.url), cliPage());
}
