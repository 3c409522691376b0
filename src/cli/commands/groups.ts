import type { Command } from 'commander';
import { collect, collectPair, configChangeOf, type ConfigOptions } from '../arguments.ts';
import { confirm } from '../confirm.ts';
import { count, counted, duration, rate } from '../format.ts';
import { wrapped } from '../help-text.ts';
import { openSession } from '../session.ts';
import { tableText } from '../table.ts';
import { note, printJson, printLine, safeLine, styled } from '../terminal.ts';
import { noteUnreachable } from '../unreachable-note.ts';
import { addGroupExport } from './group-export.ts';
import { addGroupLag } from './group-lag.ts';
import { addGroupMembers } from './group-members.ts';
import { addGroupReset } from './group-reset.ts';
import { addGroupWindow } from './group-window.ts';
import { printBegun } from './operations.ts';

export function addGroups(program: Command): void {
  const groups = program
    .command('groups')
    .description('Share groups: who drains a topic together, and how far they are.');

  groups
    .command('list')
    .description('Lists the share groups, and what blocks each of them.')
    .addHelpText('after', wrapped('With --json: one document, {"groups":[…]} as GET /v1/share-groups gives it.'))
    .action(async (_options: object, command: Command) => {
      const { client, json } = openSession(command);
      const rows = await client.listShareGroups();
      if (json) return printJson({ groups: rows });
      if (rows.length === 0) return note('There are no share groups yet; the first worker of a group makes it.');
      await printLine(
        tableText(
          [
            { head: 'GROUP', cell: ({ group }) => group },
            {
              head: 'STATE',
              cell: ({ state, paused }) => (paused ? 'Paused' : state),
              style: ({ paused }) => (paused ? 'yellow' : undefined),
            },
            { head: 'WORKERS', right: true, cell: ({ workers }) => count(workers) },
            { head: 'MEMBERS', right: true, cell: ({ members }) => count(members) },
            {
              head: 'IN FLIGHT',
              right: true,
              cell: ({ inFlight, inFlightLimit }) =>
                inFlightLimit === null ? '–' : `${count(inFlight)} of ${count(inFlightLimit)}`,
            },
            { head: 'LAG', right: true, cell: ({ lag }) => count(lag) },
            { head: 'OLDEST', right: true, cell: ({ oldestAgeMs }) => duration(oldestAgeMs) },
            { head: 'DELIVERED', right: true, cell: ({ deliveredPerSecond }) => rate(deliveredPerSecond) },
            { head: 'DONE', right: true, cell: ({ acknowledgedPerSecond }) => rate(acknowledgedPerSecond) },
            {
              head: 'ARCHIVED',
              right: true,
              cell: ({ archived }) => count(archived),
              style: ({ archived }) => (archived !== null && archived > 0 ? 'red' : undefined),
            },
          ],
          rows,
        ),
      );
      const blocked = rows.filter(({ blockedBy }) => blockedBy !== null);
      if (blocked.length > 0) await printLine('');
      for (const { group, blockedBy } of blocked)
        await printLine(`${styled('bold', safeLine(group))}: ${safeLine(blockedBy?.sentence ?? '')}`);
      for (const { group, error } of rows)
        if (error !== null) note(`${styled('yellow', safeLine(group), process.stderr)}: ${safeLine(error)}`);
    });

  groups
    .command('describe')
    .description('Shows one group: its state, its windows, its config.')
    .argument('<group>')
    .addHelpText(
      'after',
      wrapped(
        'With --json: one document, as GET /v1/share-groups/{group} gives it, with "windows" and "unreachable" as GET …/windows.',
      ),
    )
    .action(async (group: string, _options: object, command: Command) => {
      const { client, json } = openSession(command);
      const [described, list] = await Promise.all([client.describeShareGroup(group), client.listWindows(group)]);
      if (json) return printJson({ ...described, ...list });
      const { windows, unreachable } = list;
      const { state, paused, workers, members, lag, oldestAgeMs, error, config } = described;
      await printLine(
        `${styled('bold', safeLine(group))}  ${paused ? styled('yellow', 'paused') : state}, ` +
          `${counted(workers, 'worker')}, ${counted(members, 'Kafka member')}, lag ${count(lag)}, ` +
          `oldest ${duration(oldestAgeMs)}\n`,
      );
      if (error !== null) await printLine(`${styled('yellow', safeLine(error))}\n`);
      if (windows.length > 0)
        await printLine(
          `${tableText(
            [
              { head: 'TOPIC', cell: ({ topic }) => topic },
              { head: 'PARTITION', right: true, cell: ({ partition }) => String(partition) },
              { head: 'START', right: true, cell: ({ startOffset }) => count(startOffset) },
              { head: 'END', right: true, cell: ({ endOffset }) => count(endOffset) },
              { head: 'LOG END', right: true, cell: ({ logEndOffset }) => count(logEndOffset) },
              { head: 'LOCKED', right: true, cell: ({ counts }) => count(counts.acquired) },
              { head: 'DELAYED', right: true, cell: ({ counts }) => count(counts.delayed) },
              { head: 'LAG', right: true, cell: (window) => count(window.lag) },
              { head: 'WHAT BLOCKS THE START', cell: ({ blockedBy }) => blockedBy?.sentence ?? '' },
            ],
            windows,
          )}\n`,
        );
      await printLine(
        tableText(
          [
            { head: 'CONFIG', cell: ([name]) => name },
            { head: 'VALUE', cell: ([, { value }]) => value },
            { head: 'FROM', cell: ([, { source }]) => source },
          ],
          Object.entries(config),
        ),
      );
      noteUnreachable(unreachable);
    });

  addGroupMembers(groups);
  addGroupLag(groups);
  addGroupWindow(groups);
  addGroupExport(groups);
  addGroupReset(groups);

  for (const verb of ['pause', 'resume'] as const)
    groups
      .command(verb)
      .description(
        verb === 'pause'
          ? 'Hands out nothing any more; what workers have still counts.'
          : 'Hands out records again after a pause.',
      )
      .argument('<group>')
      .addHelpText('after', wrapped('With --json: one document, {"group":"…","paused":true|false}.'))
      .action(async (group: string, _options: object, command: Command) => {
        const { client, json } = openSession(command);
        const answer = await (verb === 'pause' ? client.pauseShareGroup(group) : client.resumeShareGroup(group));
        await (json
          ? printJson(answer)
          : printLine(`${safeLine(group)} ${answer.paused ? 'is paused' : 'hands out records again'}`));
      });

  groups
    .command('alter')
    .description('Changes the config of a group; makes the group when there is none.')
    .argument('<group>')
    .option(
      '-c, --config <name=value>',
      "one of Kafka's group configs, such as share.auto.offset.reset; repeatable",
      collectPair,
    )
    .option('--unset <name>', 'a config that goes back to its default; repeatable', collect)
    .addHelpText('after', wrapped('With --json: one document, as GET /v1/share-groups/{group} gives it.'))
    .action(async (group: string, options: ConfigOptions, command: Command) => {
      const { client, json } = openSession(command);
      const change = configChangeOf(options);
      if (Object.keys(change).length === 0) command.error('nothing to change: say --config or --unset');
      const described = await client.alterShareGroup(group, change);
      if (json) return printJson(described);
      const changed = Object.keys(change).map((name) => `${name}=${described.config[name]?.value ?? ''}`);
      await printLine(`${safeLine(group)}: ${changed.join(', ')}`);
    });

  groups
    .command('delete')
    .description('Deletes a group that nobody works in: its windows, its counts and its config. The records stay.')
    .argument('<group>')
    .option('-y, --yes', 'do not ask')
    .option('--background', 'only begin it, for a group of very many windows, and print the id of the operation')
    .addHelpText(
      'after',
      wrapped('With --json: one document, {"deleted":"…"}; with --background as POST /v1/operations gives it.'),
    )
    .action(async (group: string, { yes, background }: { yes?: true; background?: true }, command: Command) => {
      const { client, json } = openSession(command);
      const { lag } = await client.describeShareGroup(group);
      const left = lag === null ? '' : `, which has ${counted(lag, 'record')} to do`;
      await confirm(`delete the group ${safeLine(group)}${left}`, yes);
      if (background === true) return printBegun(await client.beginOperation({ kind: 'delete-group', group }), json);
      await client.deleteShareGroup(group);
      await (json ? printJson({ deleted: group }) : printLine(`deleted ${safeLine(group)}`));
    });
}
