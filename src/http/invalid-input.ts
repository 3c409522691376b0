import type { z } from 'zod';
import { refuse } from './problem.ts';
import type { DoorRejection } from './problem.ts';

type Issue = z.core.$ZodIssue;

/** The first thing that is wrong with `input`, as a sentence with the field, its value and the limit. */
export const rejectionOf = (
  error: z.core.$ZodError,
  input: unknown,
  where: 'body' | 'query' | 'path',
): DoorRejection => {
  const issue = telling(error.issues);
  const path = pathText(fieldPath(issue));
  const field = path === '' ? where : path;
  const value = shown(valueAt(input, fieldPath(issue)));
  return refuse('INVALID_REQUEST', sentence(issue, path === '' ? `the ${where}` : field, value, input), field).error;
};

/** Of several issues of one field the last: zod says first that an integer is not safe, and then its real limit. */
const telling = (issues: readonly Issue[]): Issue => {
  const first = issues[0]!;
  const path = first.path.join('.');
  const issue = issues.findLast((other) => other.path.join('.') === path) ?? first;
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    // The form that was meant is the one that got furthest.
    const deepest = issue.errors.map((errors) => telling(errors)).toSorted((a, b) => weight(b) - weight(a))[0]!;
    if (weight(deepest) > 0) return { ...deepest, path: [...issue.path, ...deepest.path] };
  }
  return issue;
};

const weight = (issue: Issue): number =>
  issue.path.length * 2 +
  (issue.code === 'unrecognized_keys' ? 1 : 0) -
  (issue.code === 'invalid_type' && issue.input === undefined ? 1 : 0);

const fieldPath = (issue: Issue): readonly PropertyKey[] =>
  issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]!] : issue.path;

/** `acknowledgements[3].delayMs`. */
export const pathText = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    '',
  );

const valueAt = (input: unknown, path: readonly PropertyKey[]): unknown => {
  let value = input;
  for (const part of path) {
    // One of several that stand in one text.
    if (typeof value === 'string' && typeof part === 'number') return value;
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[part];
  }
  return value;
};

const shownCharacters = 80;

/** A value as JSON, cut: a message must not be as long as what it complains of. */
export const shown = (value: unknown): string => {
  if (value === undefined) return 'missing';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return text.length <= shownCharacters ? text : `${text.slice(0, shownCharacters)}…`;
};

const sentence = (issue: Issue, subject: string, value: string, input: unknown): string => {
  switch (issue.code) {
    case 'invalid_type':
      return value === 'missing'
        ? `${subject} is missing; it must be ${kind(issue.expected)}`
        : `${subject} is ${value}; it must be ${kind(issue.expected)}`;
    case 'too_big':
    case 'too_small':
      return limitSentence(issue, subject, value, input);
    case 'unrecognized_keys':
      return `${subject} is not a field that is known here; is it misspelt?`;
    case 'invalid_value':
      return `${subject} is ${value}; possible are ${issue.values.map((each) => JSON.stringify(each)).join(', ')}`;
    case 'invalid_union': {
      const options = 'options' in issue && Array.isArray(issue.options) ? issue.options : [];
      return options.length > 0
        ? `${subject} is ${value}; possible are ${options.map((each) => JSON.stringify(each)).join(', ')}`
        : `${subject} is ${value}; none of the possible forms`;
    }
    case 'invalid_format':
      return `${subject} is ${value}; ${issue.message}`;
    default:
      return `${subject} is ${value}; ${issue.message}`;
  }
};

const kind = (expected: string): string =>
  expected === 'int' ? 'a whole number' : /^[aeiou]/.test(expected) ? `an ${expected}` : `a ${expected}`;

const limitSentence = (
  issue: z.core.$ZodIssueTooBig | z.core.$ZodIssueTooSmall,
  subject: string,
  value: string,
  input: unknown,
): string => {
  const limit = issue.code === 'too_big' ? `the greatest is ${issue.maximum}` : `the least is ${issue.minimum}`;
  const actual = valueAt(input, issue.path);
  if (issue.origin === 'string' && typeof actual === 'string') {
    return `${subject} has ${actual.length} characters; ${limit}`;
  }
  if (issue.origin === 'array' && Array.isArray(actual)) return `${subject} has ${actual.length} entries; ${limit}`;
  return `${subject} is ${value}; ${limit}`;
};
