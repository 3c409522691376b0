import type { Command } from 'commander';
import { confirm } from '../confirm.ts';
import { count, counted, duration, rate } from '../format.ts';
import { wrapped } from '../help-text.ts';
import { openSession } from '../session.ts';
import { tableText } from '../table.ts';
import { note, printJson, printLine, safeLine } from '../terminal.ts';
import { noteUnreachable } from '../unreachable-note.ts';

/** Who works in a group, through either door. */
export function addGroupMembers(groups: Command): void {
  groups
    .command('members')
    .description("Lists the group's Kafka members: epochs and assignment. HTTP workers are listed by `groups workers`.")
    .argument('<group>')
    .addHelpText('after', wrapped('With --json: one document, {"members":[…]} as GET …/members gives it.'))
    .action(async (group: string, _options: object, command: Command) => {
      const { client, json } = openSession(command);
      const members = await client.listMembers(group);
      if (json) return printJson({ members });
      if (members.length === 0) return note('No Kafka client is a member. HTTP workers: sash groups workers GROUP');
      await printLine(
        tableText(
          [
            { head: 'MEMBER', cell: ({ memberId }) => memberId },
            { head: 'CLIENT', cell: ({ clientId }) => clientId },
            { head: 'HOST', cell: ({ clientHost }) => clientHost },
            { head: 'EPOCH', right: true, cell: ({ memberEpoch }) => String(memberEpoch) },
            { head: 'HEARTBEAT', right: true, cell: ({ lastHeartbeatMs }) => `${duration(lastHeartbeatMs)} ago` },
            {
              head: 'ASSIGNMENT',
              cell: ({ assignment }) =>
                assignment.map(({ topic, partitions }) => `${topic}: ${partitions.join(',')}`).join('; '),
            },
          ],
          members,
        ),
      );
    });

  groups
    .command('workers')
    .description(
      'Lists who holds records of the group, HTTP workers and Kafka members: what they hold, how much they do, and how often they failed in the last ten minutes.',
    )
    .argument('<group>')
    .addHelpText(
      'after',
      wrapped('With --json: one document, {"workers":[…],"unreachable":[…]} as GET …/workers gives it.'),
    )
    .action(async (group: string, _options: object, command: Command) => {
      const { client, json } = openSession(command);
      const { workers, unreachable } = await client.listWorkers(group);
      if (json) return printJson({ workers, unreachable });
      noteUnreachable(unreachable);
      if (workers.length === 0) return note('Nobody holds a record of this group, and nobody waits for one.');
      await printLine(
        tableText(
          [
            { head: 'WORKER', cell: ({ holder }) => holder },
            { head: 'KIND', cell: ({ kind }) => kind },
            { head: 'HOLDS', right: true, cell: ({ records }) => count(records) },
            { head: 'OLDEST LOCK', right: true, cell: ({ oldestLockMs }) => duration(oldestLockMs) },
            { head: 'DONE', right: true, cell: ({ acknowledgedPerSecond }) => rate(acknowledgedPerSecond) },
            { head: 'FAILURES', right: true, cell: ({ failures }) => count(failures) },
            { head: 'WAITING', right: true, cell: ({ waiting }) => count(waiting) },
          ],
          workers,
        ),
      );
    });

  groups
    .command('release-worker')
    .description('Frees all records that one worker holds; others get them at once.')
    .argument('<group>')
    .argument('<worker>', 'as `groups workers` shows it')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', wrapped('With --json: one document, {"released":n,"archived":n}.'))
    .action(async (group: string, worker: string, { yes }: { yes?: true }, command: Command) => {
      const { client, json } = openSession(command);
      await confirm(`free all that ${safeLine(worker)} holds in ${safeLine(group)}`, yes);
      const answer = await client.releaseWorker(group, worker);
      if (json) return printJson(answer);
      if (answer.released === 0 && answer.archived === 0)
        return printLine(
          `${safeLine(worker)} holds nothing in ${safeLine(group)}; who does: sash groups workers GROUP`,
        );
      const archived = answer.archived === 0 ? '' : `; ${count(answer.archived)} had no attempt left and are archived`;
      await printLine(`released ${counted(answer.released, 'record')} of ${safeLine(worker)}${archived}`);
    });
}
