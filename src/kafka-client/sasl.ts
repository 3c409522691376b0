import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

import type { SaslCredentials } from './kafka-client-settings.ts';

const derive = promisify(pbkdf2);

/** The limits of a server's iterations: fewer are no protection (Kafka's ScramMechanism), more would only burn our time. */
const minIterations = 4096;
const maxIterations = 1_000_000;

/**
 * Authenticates with PLAIN (RFC 4616) or SCRAM (RFC 5802, 7677). `exchange` sends what the client says and gives what the
 * server says to it. Throws when the server's words are not what they must be; the server is verified too.
 */
export const authenticate = (
  credentials: SaslCredentials,
  exchange: (bytes: Uint8Array) => Promise<Uint8Array>,
  nonce = randomBytes(18).toString('base64'),
): Promise<void> =>
  credentials.mechanism === 'PLAIN' ? plain(credentials, exchange) : scram(credentials, exchange, nonce);

const plain = async (
  { username, password }: SaslCredentials,
  exchange: (bytes: Uint8Array) => Promise<Uint8Array>,
): Promise<void> => {
  await exchange(Buffer.from(`\0${username}\0${password}`));
};

const scram = async (
  { mechanism, username, password }: SaslCredentials,
  exchange: (bytes: Uint8Array) => Promise<Uint8Array>,
  nonce: string,
): Promise<void> => {
  const hash = mechanism === 'SCRAM-SHA-256' ? 'sha256' : 'sha512';
  const hmac = (key: Uint8Array, text: string): Buffer => createHmac(hash, key).update(text).digest();
  const clientFirst = `n=${username.replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${nonce}`;
  const serverFirst = await say(exchange, `n,,${clientFirst}`);
  const first = attributes(serverFirst);
  const serverNonce = first.get('r') ?? '';
  const iterations = Number(first.get('i'));
  if (!serverNonce.startsWith(nonce) || serverNonce === nonce)
    throw new Error('the nonce is not the one that was sent');
  if (!(iterations >= minIterations && iterations <= maxIterations)) {
    throw new Error(`${first.get('i')} iterations; ${minIterations} to ${maxIterations} are possible`);
  }
  const length = hash === 'sha256' ? 32 : 64;
  const salted = await derive(password, Buffer.from(first.get('s') ?? '', 'base64'), iterations, length, hash);
  const clientKey = hmac(salted, 'Client Key');
  const storedKey = createHash(hash).update(clientKey).digest();
  const clientFinal = `c=biws,r=${serverNonce}`;
  const signed = `${clientFirst},${serverFirst},${clientFinal}`;
  const signature = hmac(storedKey, signed);
  const proof = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] ?? 0)));
  const last = attributes(await say(exchange, `${clientFinal},p=${proof.toString('base64')}`));
  if (last.has('e')) throw new Error(`the server refused: ${last.get('e')}`);
  const expected = hmac(hmac(salted, 'Server Key'), signed);
  const verifier = Buffer.from(last.get('v') ?? '', 'base64');
  if (verifier.length !== expected.length || !timingSafeEqual(verifier, expected)) {
    throw new Error('the server does not know the password: it is not the broker that it says to be');
  }
};

const say = async (exchange: (bytes: Uint8Array) => Promise<Uint8Array>, text: string): Promise<string> =>
  Buffer.from(await exchange(Buffer.from(text))).toString();

/** `r=…,s=…,i=…`; values may contain `=`. */
const attributes = (text: string): Map<string, string> =>
  new Map(text.split(',').map((part) => [part.slice(0, 1), part.slice(2)]));
