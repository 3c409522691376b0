/** A process of producers or of workers. Started by run.ts; ends with it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Journal } from './history.ts';
import { type KafkaMemberPlan, consumeForever } from './kafka-members.ts';
import { produceToKafkaForever } from './kafka-producers.ts';
import { produceForever } from './producers.ts';
import { Random } from './random.ts';
import { type Order, Session } from './session.ts';
import { type WorkerPlan, workForever } from './workers.ts';

export interface ClientPlan {
  readonly name: string;
  readonly journal: string;
  readonly seed: number;
  readonly producers: readonly { readonly topics: readonly string[]; readonly pauseMs: number }[];
  readonly workers: readonly WorkerPlan[];
  readonly kafkaProducers: readonly { readonly topics: readonly string[]; readonly pauseMs: number }[];
  readonly kafkaMembers: readonly KafkaMemberPlan[];
  /** Kills itself, with all the locks it holds, after so long; null: never. */
  readonly diesAfterMs: number | null;
  readonly earlyReply: boolean;
}

const plan = JSON.parse(process.argv[2] ?? '') as ClientPlan;
const random = new Random(plan.seed);
const journal = new Journal(plan.journal);
const sessions: Session[] = [];

process.on('message', (order: Order) => {
  let left = sessions.length;
  for (const session of sessions) {
    session.obey(order, () => {
      if (--left === 0) process.send?.({ kind: 'rested' });
    });
  }
});
// The harness is gone, so nobody wants this any more.
process.on('disconnect', () => process.exit(0));

const session = (kind: string, index: number): Session => {
  const made = new Session(`${plan.name}-${kind}${index}`, journal, plan.earlyReply);
  sessions.push(made);
  return made;
};
for (const [index, each] of plan.producers.entries()) {
  void produceForever(session('p', index), new Random(random.between(0, 2 ** 31)), each);
}
for (const [index, each] of plan.workers.entries()) {
  void workForever(session('w', index), new Random(random.between(0, 2 ** 31)), each);
}
for (const [index, each] of plan.kafkaProducers.entries()) {
  void produceToKafkaForever(session('kp', index), new Random(random.between(0, 2 ** 31)), each);
}
for (const [index, each] of plan.kafkaMembers.entries()) {
  void consumeForever(session('km', index), new Random(random.between(0, 2 ** 31)), each);
}
process.send?.({ kind: 'ready' });
if (plan.diesAfterMs !== null) {
  await sleep(plan.diesAfterMs);
  process.kill(process.pid, 'SIGKILL');
}
