import { describe, expect, it } from 'vitest';
import { readArguments } from '../../demo/arguments.ts';

describe('the arguments of the demo', () => {
  it('are none: the installed packages are the jobs', () => {
    expect(readArguments([])).toEqual({ file: undefined, exec: undefined, paceMs: 60, help: false });
  });

  it('are a file and a command', () => {
    expect(readArguments(['jobs.ndjson', '--exec', './work.sh'])).toEqual({
      file: 'jobs.ndjson',
      exec: './work.sh',
      paceMs: 0,
      help: false,
    });
  });

  it.each([
    [['--exec', './work.sh'], '--exec needs a file'],
    [['a', 'b'], 'one file at a time'],
    [['--pace', 'fast'], '--pace is "fast"'],
    [['--nonsense'], '--nonsense'],
  ])('%j are refused with a sentence', (argv, sentence) => {
    expect(() => readArguments(argv)).toThrow(sentence);
  });
});
