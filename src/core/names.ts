import { groupId, topicName } from './ids.ts';
import type { GroupId, TopicName } from './ids.ts';
import { ok, reject } from './result.ts';
import type { Result } from './result.ts';

const maxNameLength = 249;

/** Longer texts are cut in messages. */
const shown = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);

/** Kafka's rule (Topic.java), and the names that Kafka keeps for itself. */
const topicNameRule =
  `A topic's name has 1 to ${maxNameLength} characters, each an ASCII letter, a digit, ".", "_" or "-"; ` +
  'it is not "." or ".." and does not start with "__", which is kept for internal topics.';

/** A topic's name, or INVALID_TOPIC_EXCEPTION with the rule in words. `field` is where the request has it. */
export const parseTopicName = (text: string, field?: string): Result<TopicName> => {
  const problem =
    text.length === 0
      ? 'is empty'
      : text.length > maxNameLength
        ? `has ${text.length} characters`
        : !/^[a-zA-Z0-9._-]+$/.test(text)
          ? 'has other characters'
          : text === '.' || text === '..'
            ? 'is a path, not a name'
            : text.startsWith('__')
              ? 'starts with "__"'
              : undefined;
  if (problem === undefined) return ok(topicName(text));
  return reject('INVALID_TOPIC_EXCEPTION', `The topic name ${shown(text)} ${problem}. ${topicNameRule}`, field);
};

/**
 * Whether Kafka refuses to have both topics: its metrics write "." as "_", so that names which differ in these alone
 * would be counted as one (Topic.hasCollision).
 */
export const topicNamesCollide = (one: string, other: string): boolean =>
  one.replaceAll('.', '_') === other.replaceAll('.', '_');

/**
 * Kafka takes any group id that is not empty. sash wants one that can stand in an address and in a line of a log: a path segment of
 * "." or ".." is resolved away by every HTTP client, even when it is escaped.
 */
const groupIdRule =
  `A group's id has 1 to ${maxNameLength} characters, with no control characters and no half of a surrogate pair, ` +
  'and is not "." or "..".';

/** A group's id, or INVALID_GROUP_ID with the rule in words. `field` is where the request has it. */
export const parseGroupId = (text: string, field?: string): Result<GroupId> => {
  const problem =
    text.length === 0
      ? 'is empty'
      : text.length > maxNameLength
        ? `has ${text.length} characters`
        : /\p{Cc}/u.test(text)
          ? 'has a control character'
          : !text.isWellFormed()
            ? 'has half of a surrogate pair'
            : text === '.' || text === '..'
              ? 'is a path, not a name'
              : undefined;
  if (problem === undefined) return ok(groupId(text));
  return reject('INVALID_GROUP_ID', `The group id ${shown(text)} ${problem}. ${groupIdRule}`, field);
};
