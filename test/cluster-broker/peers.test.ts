import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import type { AcquireOutcome, AcquireRequest } from '../../src/broker/requests.ts';
import { CallServer } from '../../src/cluster/call-server.ts';
import {
  callContentType,
  callHeader,
  callPath,
  decodeBody,
  encodeBody,
  openCall,
  sealCall,
} from '../../src/cluster/internal-call.ts';
import { emptyOutcome } from '../../src/cluster/own-acquire.ts';
import type { PeerCalls } from '../../src/cluster/peer-methods.ts';
import { HttpPeers } from '../../src/cluster/peers.ts';
import { type Result, ok, reject } from '../../src/core/result.ts';
import { addInternalCalls } from '../../src/http/internal-calls.ts';
import type { ClusterNode } from '../../src/ports/cluster.ts';
import { systemClock } from '../../src/system/system-clock.ts';
import { codeOf, must } from '../broker/broker-fixture.ts';

const secret = new Uint8Array(32).fill(7);
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** Node 2, which answers calls with what is given, and node 1, which calls it. */
async function twoNodes(
  answers: Partial<PeerCalls>,
  change: { nodeId?: number; clusterId?: string; secret?: Uint8Array } = {},
) {
  const app = fastify();
  const callee = { nodeId: 2, clusterId: 'c', secret, ...change };
  addInternalCalls(app, new CallServer(answers as PeerCalls, callee, { clock: systemClock, logger: silent }));
  const httpUrl = await app.listen({ host: '127.0.0.1', port: 0 });
  const peers = new HttpPeers({ nodeId: 1, clusterId: 'c', secret }, systemClock);
  closing.push(async () => {
    peers.close();
    app.server.closeAllConnections();
    await app.close();
  });
  const node: ClusterNode = { nodeId: 2, httpUrl, kafka: null };
  return { peers, node, app };
}

/** Posts as a stranger might; the answer's status. */
const post = (url: string, header: string, body: Buffer): Promise<number | undefined> =>
  new Promise((resolve, fail) => {
    const headers = { 'content-type': callContentType, [callHeader]: header };
    const request = httpRequest(`${url}${callPath}`, { method: 'POST', headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on('error', fail).end(body);
  });

const outcome: AcquireOutcome = {
  ...emptyOutcome,
  emptyReason: null,
  ranges: [{ partition: 1, batches: [{ bytes: new Uint8Array([1, 2, 3]) }] }] as unknown as AcquireOutcome['ranges'],
};

describe('a call from node to node', () => {
  it('brings plain data there and back, bytes and maps among them', async () => {
    const asked: unknown[] = [];
    const { peers, node } = await twoNodes({
      acquire: async (_signal, request) => {
        asked.push(request);
        return ok(outcome);
      },
    });
    const request = { group: 'g', topics: ['t'], waitMs: 0 } as unknown as AcquireRequest;
    expect(must(await peers.call(node, 'acquire', [request]))).toEqual(outcome);
    expect(asked).toEqual([request]);
  });

  it('that is rejected is a rejection, and both are counted', async () => {
    const { peers, node } = await twoNodes({
      groupState: async (_signal, group) =>
        group === 'g' ? ok('Empty') : reject('GROUP_ID_NOT_FOUND', 'none', 'group'),
    });
    expect(must(await peers.call(node, 'groupState', ['g']))).toBe('Empty');
    expect(codeOf(await peers.call(node, 'groupState', ['h']))).toBe('GROUP_ID_NOT_FOUND');
    expect(peers.measure().get('groupState')).toEqual({ answered: 1, rejected: 1, failed: 0 });
  });

  it('to a node that is not there is a retriable rejection that names it', async () => {
    const { peers, node } = await twoNodes({});
    const gone = { ...node, httpUrl: 'http://127.0.0.1:1' };
    const refused = await peers.call(gone, 'groupState', ['g']);
    expect(codeOf(refused)).toBe('BUSY');
    expect(refused).toMatchObject({
      error: { message: expect.stringContaining('Node 2 at http://127.0.0.1:1 cannot be asked now') },
    });
    expect(codeOf(await peers.call(gone, 'acknowledge', ['g', []]))).toBe('BUSY');
    expect(peers.measure().get('groupState')).toEqual({ answered: 0, rejected: 0, failed: 1 });
  });

  it('that is not answered in time has an unknown outcome where it changes something', async () => {
    const { peers, node } = await twoNodes({
      acknowledge: () => new Promise(() => {}),
      groupState: () => new Promise(() => {}),
    });
    expect(codeOf(await peers.call(node, 'acknowledge', ['g', []], { timeoutMs: 50 }))).toBe('OUTCOME_UNKNOWN');
    expect(codeOf(await peers.call(node, 'groupState', ['g'], { timeoutMs: 50 }))).toBe('BUSY');
  });

  it('that is taken back has the callee leave off, and what it took meanwhile comes for the caller to give back', async () => {
    const { promise: began, resolve: begin } = Promise.withResolvers<void>();
    const { peers, node } = await twoNodes({
      acquire: (signal) =>
        new Promise<Result<AcquireOutcome>>((resolve) => {
          signal.addEventListener('abort', () => resolve(ok(outcome)));
          begin();
        }),
    });
    const controller = new AbortController();
    const request = { group: 'g', waitMs: 30_000 } as unknown as AcquireRequest;
    const call = peers.call(node, 'acquire', [request], { signal: controller.signal });
    await began;
    controller.abort();
    expect(must(await call).ranges).toHaveLength(1);
  });

  it('whose caller dies has what was acquired for it given back', async () => {
    const { promise: given, resolve: give } = Promise.withResolvers<unknown>();
    const { promise: began, resolve: begin } = Promise.withResolvers<void>();
    const { node } = await twoNodes({
      acquire: (signal) =>
        new Promise<Result<AcquireOutcome>>((resolve) => {
          signal.addEventListener('abort', () => resolve(ok(outcome)));
          begin();
        }),
      giveBack: async (_signal, group, ranges) => {
        give([group, ranges.length]);
        return ok(null);
      },
    });
    const body = encodeBody({ method: 'acquire', args: [{ group: 'g', waitMs: 30_000 }] });
    const head = { to: 2, from: 1, clusterId: 'c', atMs: Date.now(), callId: 'x.0' };
    const headers = { 'content-type': callContentType, [callHeader]: sealCall(secret, head, body) };
    const request = httpRequest(`${node.httpUrl}${callPath}`, { method: 'POST', headers });
    request.on('error', () => {}).end(body);
    await began;
    request.destroy();
    expect(await given).toEqual(['g', 1]);
  });

  it.each([
    ['of another cluster', { clusterId: 'other' }],
    ['with another secret', { secret: new Uint8Array(32) }],
    ['for another node', { nodeId: 3 }],
  ])('%s is refused, and nothing is done', async (_, change) => {
    let calls = 0;
    const answers: Partial<PeerCalls> = {
      acknowledge: async () => {
        calls++;
        return ok([]);
      },
    };
    const { peers, node } = await twoNodes(answers, change);
    expect(codeOf(await peers.call(node, 'acknowledge', ['g', []]))).toBe('BUSY');
    expect(calls).toBe(0);
  });

  it('is refused when it was altered, is old, or asks for what is not on the list', async () => {
    const { node } = await twoNodes({ groupState: async () => ok('Empty') });
    let calls = 0;
    const newHead = () => ({ to: 2, from: 1, clusterId: 'c', atMs: Date.now(), callId: `x.${calls++}` });
    const body = encodeBody({ method: 'groupState', args: ['g'] });
    expect(await post(node.httpUrl, sealCall(secret, newHead(), body), body)).toBe(200);
    const otherBody = encodeBody({ method: 'groupState', args: ['h'] });
    expect(await post(node.httpUrl, sealCall(secret, newHead(), body), otherBody)).toBe(403);
    expect(await post(node.httpUrl, sealCall(secret, newHead(), body).replace('2 1 c', '2 3 c'), body)).toBe(403);
    const old = { ...newHead(), atMs: Date.now() - 10 * 60_000 };
    expect(await post(node.httpUrl, sealCall(secret, old, body), body)).toBe(403);
    expect(await post(node.httpUrl, 'nonsense', body)).toBe(403);
    for (const method of ['stop', 'constructor', '__proto__']) {
      const unknown = encodeBody({ method, args: [] });
      expect(await post(node.httpUrl, sealCall(secret, newHead(), unknown), unknown)).toBe(404);
    }
  });

  it('that is sent a second time, by somebody who has seen it, does nothing more', async () => {
    let calls = 0;
    const { node } = await twoNodes({
      acknowledge: async () => {
        calls++;
        return ok([]);
      },
    });
    const body = encodeBody({ method: 'acknowledge', args: ['g', []] });
    const head = { to: 2, from: 1, clusterId: 'c', atMs: Date.now(), callId: 'x.1' };
    const header = sealCall(secret, head, body);
    expect(await post(node.httpUrl, header, body)).toBe(200);
    expect(await post(node.httpUrl, header, body)).toBe(403);
    expect(calls).toBe(1);
  });

  it('of a stranger is refused before its body is there', async () => {
    const { node } = await twoNodes({});
    const status = await new Promise((resolve, fail) => {
      const headers = { 'content-type': callContentType, [callHeader]: 'nonsense', 'content-length': 200_000_000 };
      const request = httpRequest(`${node.httpUrl}${callPath}`, { method: 'POST', headers }, (response) => {
        resolve(response.statusCode);
        request.destroy();
      });
      request.on('error', fail).write(Buffer.alloc(1_000));
    });
    expect(status).toBe(403);
  });

  it('that was answered, or has not come yet, can be taken back: what was acquired by it is given back, or is not acquired', async () => {
    const given: number[] = [];
    let acquired = 0;
    const { node } = await twoNodes({
      acquire: async () => {
        acquired++;
        return ok(outcome);
      },
      giveBack: async (_signal, _group, ranges) => {
        given.push(ranges.length);
        return ok(null);
      },
    });
    const call = (callId: string, method: string, args: readonly unknown[]) => {
      const body = encodeBody({ method, args });
      return post(
        node.httpUrl,
        sealCall(secret, { to: 2, from: 1, clusterId: 'c', atMs: Date.now(), callId }, body),
        body,
      );
    };
    const request = { group: 'g', waitMs: 0 };
    expect(await call('x.1', 'acquire', [request])).toBe(200);
    expect(await call('x.2', 'takeBack', ['x.1'])).toBe(200);
    expect(given).toEqual([1]);
    expect(await call('x.3', 'takeBack', ['x.1'])).toBe(200);
    expect(given, 'once').toEqual([1]);

    expect(await call('x.5', 'takeBack', ['x.4'])).toBe(200);
    expect(await call('x.4', 'acquire', [request])).toBe(200);
    expect(acquired).toBe(1);
  });

  it('to acquire, of which the answer did not come, is taken back: the callee may have answered, or may do so when it wakes up', async () => {
    const { peers, node } = await twoNodes({});
    const { promise: second, resolve: heard } = Promise.withResolvers<unknown>();
    const calls: { readonly method: string; readonly args: readonly unknown[]; readonly callId: string }[] = [];
    const asleep = createServer((request) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const call = decodeBody(Buffer.concat(chunks)) as { method: string; args: unknown[] };
        calls.push({ ...call, callId: openCall(secret, request.headers[callHeader])?.callId ?? '' });
        if (calls.length === 2) heard(undefined);
      });
    }).listen(0, '127.0.0.1');
    closing.push(async () => {
      asleep.closeAllConnections();
      asleep.close();
    });
    await once(asleep, 'listening');
    const there = { ...node, httpUrl: `http://127.0.0.1:${(asleep.address() as AddressInfo).port}` };
    const request = { group: 'g', waitMs: 0 } as unknown as AcquireRequest;
    expect(codeOf(await peers.call(there, 'acquire', [request], { timeoutMs: 50 }))).toBe('BUSY');
    await second;
    expect(calls).toMatchObject([{ method: 'acquire' }, { method: 'takeBack', args: [calls[0]?.callId] }]);
  });
});
