import { describe, expect, test } from 'vitest';

import { authenticate } from '../../src/kafka-client/sasl.ts';

/** A server that says these things one after the other, and what it was told. */
const serverOf = (...words: string[]) => {
  const told: string[] = [];
  const exchange = async (bytes: Uint8Array): Promise<Uint8Array> => {
    told.push(Buffer.from(bytes).toString());
    return Buffer.from(words.shift() ?? '');
  };
  return { told, exchange };
};

describe('SCRAM-SHA-256', () => {
  // RFC 7677, section 3.
  const user = { mechanism: 'SCRAM-SHA-256', username: 'user', password: 'pencil' } as const;
  const nonce = 'rOprNGfwEbeRWgbNEkqO';
  const first = `r=${nonce}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`;
  const final = 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=';

  test('says what the example of the RFC says', async () => {
    const { told, exchange } = serverOf(first, final);
    await authenticate(user, exchange, nonce);
    expect(told).toEqual([
      `n,,n=user,r=${nonce}`,
      `c=biws,r=${nonce}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`,
    ]);
  });

  test('writes commas and equals signs of a name in their own way', async () => {
    const { told, exchange } = serverOf('');
    await authenticate({ ...user, username: 'a=b,c' }, exchange, nonce).catch(() => {});
    expect(told).toEqual([`n,,n=a=3Db=2Cc,r=${nonce}`]);
  });

  for (const [what, words, message] of [
    ['does not know the password', [first, final.replace('6r', '7r')], /the server does not know the password/],
    ['says nothing in the end', [first, ''], /the server does not know the password/],
    ['refuses', [first, 'e=invalid-proof'], /the server refused: invalid-proof/],
    ['answers somebody else', [first.replace('rOpr', 'sOpr'), final], /nonce/],
    ['adds nothing of its own to the nonce', [first.replace('%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0', ''), final], /nonce/],
    ['wants too few iterations', [first.replace('i=4096', 'i=1'), final], /1 iterations; 4096 to 1000000/],
    ['wants very many iterations', [first.replace('i=4096', 'i=999999999'), final], /999999999 iterations/],
  ] as const) {
    test(`fails with a server that ${what}`, async () => {
      const { exchange } = serverOf(...words);
      await expect(authenticate(user, exchange, nonce)).rejects.toThrow(message);
    });
  }
});
