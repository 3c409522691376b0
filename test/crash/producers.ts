import { setTimeout as sleep } from 'node:timers/promises';
import { nowMs } from './history.ts';
import { inputOf } from './payload.ts';
import type { Random } from './random.ts';
import { NoAnswer, type Session } from './session.ts';

/** Produces whenever the order is to produce. */
export async function produceForever(
  session: Session,
  random: Random,
  { topics, pauseMs }: { readonly topics: readonly string[]; readonly pauseMs: number },
): Promise<void> {
  for (;;) {
    await sleep(random.between(0, pauseMs));
    if (!session.produce) continue;
    const topic = random.pick(topics);
    try {
      if (random.chance(0.15)) await produceLines(session, random, topic);
      else await produce(session, random, topic, random.chance(0.6));
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
    }
  }
}

const idsOf = (request: string, count: number): string[] => Array.from({ length: count }, (_, n) => `${request}:${n}`);

/**
 * One JSON request. With an idempotency key it is sent again until there is an answer, also to the servers that come
 * after this one, and now and then once more after the answer. Without one, what became of it is anybody's guess.
 */
async function produce(session: Session, random: Random, topic: string, idempotent: boolean): Promise<void> {
  const request = session.nextRequest();
  const ids = idsOf(request, random.chance(0.1) ? random.between(50, 300) : random.between(1, 12));
  const placed = random.pick(['key', 'partition', 'sticky']);
  const body = JSON.stringify({
    records: ids.map((id) => ({
      ...inputOf(id),
      ...(placed === 'key' ? { key: `key-${random.between(1, 20)}` } : {}),
      ...(placed === 'partition' ? { partition: 0 } : {}),
    })),
  });
  const headers: Record<string, string> = idempotent ? { 'Idempotency-Key': request } : {};
  for (let again = true; again;) {
    try {
      await session.exchange(async (server) => {
        // Kafka appends each batch by itself: of what was not confirmed and is more than one, a part may be there.
        const isOneBatch = placed !== 'key' && ids.length <= 12;
        const form = session.isOfCluster && !isOneBatch ? 'lines' : 'atomic';
        session.journal.write({ kind: 'produce', atMs: nowMs(), request, topic, ids, form, idempotent });
        const answer = await session.post(server, `/topics/${topic}/records`, body, { headers });
        if (answer.status === 503 && session.isOfCluster) throw new NoAnswer(JSON.stringify(answer.body));
        if (answer.status !== 200) {
          refused(session, request, answer);
          again = false;
          return;
        }
        const { results, replayed } = answer.body as {
          results: readonly { partition: number; offset: number }[];
          replayed?: boolean;
        };
        const places = results.map(({ partition, offset }) => [partition, offset] as const);
        session.journal.write({ kind: 'produced', atMs: nowMs(), request, places, replayed: replayed ?? false });
        again = idempotent && random.chance(0.1);
      });
    } catch (error) {
      if (!(error instanceof NoAnswer) || !idempotent) throw error;
      await sleep(random.between(1, 20));
    }
  }
}

/** NDJSON, record by record: the answer only counts. */
async function produceLines(session: Session, random: Random, topic: string): Promise<void> {
  const request = session.nextRequest();
  const ids = idsOf(request, random.between(1, 40));
  const body = `${ids.map((id) => JSON.stringify(inputOf(id))).join('\n')}\n`;
  await session.exchange(async (server) => {
    session.journal.write({ kind: 'produce', atMs: nowMs(), request, topic, ids, form: 'lines', idempotent: false });
    const headers = { 'content-type': 'application/x-ndjson' };
    const answer = await session.post(server, `/topics/${topic}/records`, body, { headers });
    if (answer.status === 503 && session.isOfCluster) throw new NoAnswer(JSON.stringify(answer.body));
    if (answer.status !== 200) {
      refused(session, request, answer);
      return;
    }
    const { produced, failed } = answer.body as { produced: number; failed: number };
    if (failed > 0 && session.isOfCluster) throw new NoAnswer(JSON.stringify(answer.body));
    if (produced !== ids.length || failed > 0) {
      session.complain(`of ${ids.length} lines ${produced} were produced and ${failed} failed`);
    }
    session.journal.write({ kind: 'produced', atMs: nowMs(), request, places: null, replayed: false });
  });
}

function refused(session: Session, request: string, answer: { readonly status: number; readonly body: unknown }): void {
  const why = `${answer.status} ${JSON.stringify(answer.body)}`;
  session.journal.write({ kind: 'produce_refused', atMs: nowMs(), request, why });
  session.complain(`produce was refused: ${why}`);
}
