import type { Command } from 'commander';
import type { SashError } from '../client/sash-error.ts';
import { Failure, type Ending } from './exit-code.ts';
import { nearest } from './nearest.ts';
import { namedIn, openSession, type Session } from './session.ts';

const endings: Readonly<Record<string, Ending>> = {
  NETWORK_ERROR: 'unreachable',
  TIMEOUT: 'unreachable',
  BAD_ANSWER: 'unreachable',
  OFFSET_OUT_OF_RANGE: 'notFound',
};

const endingsByStatus: Readonly<Record<number, Ending>> = {
  400: 'usage',
  404: 'notFound',
  409: 'conflict',
  413: 'usage',
};

/** What to do about a few codes, beyond what the server's own message says. */
const hints: Readonly<Record<string, string>> = {
  NON_EMPTY_GROUP:
    'Who works in it: sash groups members GROUP, sash groups workers GROUP. To free what one holds: sash groups release-worker GROUP WORKER.',
  TOPIC_ALREADY_EXISTS: 'To add partitions or change its config: sash topics alter TOPIC.',
  FORBIDDEN_HOST: 'The server has to know the name under which it is reached: its setting http.allowed.hosts.',
};

/** A request that failed, as its command ends: with what to do next. */
export async function requestFailure(error: SashError, command: Command): Promise<Failure> {
  const session = openSession(command);
  const ending = endings[error.code] ?? endingsByStatus[error.status] ?? 'failed';
  return new Failure(ending, messageOf(error, session), await hintOf(error, session, command));
}

function messageOf(error: SashError, { url }: Session): string {
  if (error.code === 'NETWORK_ERROR') return `no sash answers at ${url} (${error.message})`;
  return error.message;
}

async function hintOf(error: SashError, session: Session, command: Command): Promise<string | undefined> {
  switch (error.code) {
    case 'NETWORK_ERROR':
      return 'Start it with: sash serve (in a clone: npm start). If it runs elsewhere, say where: --url URL, or SASH_URL.';
    case 'BAD_ANSWER':
      return 'Is this the address of a sash server? Say another: --url URL, or SASH_URL.';
    case 'UNKNOWN_TOPIC_OR_PARTITION':
      return topicHint(session, namedIn(command, 'topic'));
    case 'GROUP_ID_NOT_FOUND':
      return groupHint(session, namedIn(command, 'group'));
    default:
      return hints[error.code] ?? (error.retriable ? 'The same may succeed later.' : undefined);
  }
}

async function topicHint({ client }: Session, written: string | undefined): Promise<string | undefined> {
  const topics = await client.listTopics().catch(() => undefined);
  if (topics === undefined || written === undefined) return undefined;
  const topic = topics.find((topic) => topic.topic === written);
  if (topic !== undefined) return `${written} has the partitions 0 to ${topic.partitions.length - 1}.`;
  if (topics.length === 0) return `There are no topics yet. To make one: sash topics create ${written}`;
  return (
    meant(
      written,
      topics.map(({ topic }) => topic),
    ) ?? `To see all topics: sash topics list. To make it: sash topics create ${written}`
  );
}

async function groupHint({ client }: Session, written: string | undefined): Promise<string | undefined> {
  const groups = await client.listShareGroups().catch(() => undefined);
  if (groups === undefined || written === undefined) return undefined;
  if (groups.length === 0) return 'There are no share groups yet; the first worker of a group makes it.';
  return (
    meant(
      written,
      groups.map(({ group }) => group),
    ) ?? 'To see all groups: sash groups list'
  );
}

function meant(written: string, known: readonly string[]): string | undefined {
  const name = nearest(written, known);
  return name === undefined ? undefined : `Did you mean ${name}?`;
}
