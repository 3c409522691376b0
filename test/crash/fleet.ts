import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ClientPlan } from './client.ts';
import { type HistoryEvent, JournalReader } from './history.ts';
import type { Random } from './random.ts';
import type { Order } from './session.ts';

const script = fileURLToPath(new URL('client.ts', import.meta.url));

interface Client {
  readonly child: ChildProcess;
  rested: boolean;
}

/** The processes of producers and workers. One that kills itself is started again, under another name. */
export class Fleet {
  readonly #folder: string;
  readonly #random: Random;
  readonly #journals: JournalReader[] = [];
  readonly #clients = new Set<Client>();
  #order: Order | undefined;
  #waiting: (() => void) | undefined;
  #stopped = false;
  #started = 0;
  crashes = 0;
  /** A process that ended without having been told to. */
  onFailure: (message: string) => void = () => {};

  constructor(folder: string, random: Random) {
    this.#folder = folder;
    this.#random = random;
  }

  start(plan: Omit<ClientPlan, 'journal' | 'seed' | 'diesAfterMs'>, { mortal }: { readonly mortal: boolean }): void {
    if (this.#stopped) return;
    const name = `${plan.name}${++this.#started}`;
    const journal = join(this.#folder, `${name}.ndjson`);
    const seed = this.#random.between(0, 2 ** 31);
    const diesAfterMs = mortal ? this.#random.between(3000, 12_000) : null;
    const full: ClientPlan = { ...plan, name, journal, seed, diesAfterMs };
    const child = fork(script, [JSON.stringify(full)], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    this.#journals.push(new JournalReader(journal));
    const client: Client = { child, rested: false };
    this.#clients.add(client);
    let stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('message', (message: { readonly kind: 'ready' | 'rested' }) => {
      if (message.kind === 'ready' && this.#order !== undefined) this.#send(client, this.#order);
      if (message.kind === 'rested') {
        client.rested = true;
        this.#check();
      }
    });
    child.on('exit', (code, signal) => {
      this.#clients.delete(client);
      this.#check();
      if (this.#stopped) return;
      if (mortal && signal === 'SIGKILL') {
        this.crashes++;
        this.start(plan, { mortal });
      } else {
        this.onFailure(`the process ${name} ended with ${code ?? signal}: ${stderr.slice(0, 2000)}`);
      }
    });
  }

  work(order: Omit<Extract<Order, { kind: 'work' }>, 'kind'>): void {
    this.#give({ kind: 'work', ...order });
  }

  /** Resolves when no request is under way anywhere. */
  async rest(incarnation: number): Promise<void> {
    const done = new Promise<void>((resolve) => (this.#waiting = resolve));
    this.#give({ kind: 'rest', incarnation });
    this.#check();
    await done;
  }

  #give(order: Order): void {
    this.#order = order;
    for (const client of this.#clients) {
      client.rested = false;
      this.#send(client, order);
    }
  }

  #send({ child }: Client, order: Order): void {
    // One that has just killed itself cannot be told; its exit is on its way.
    if (child.connected) child.send(order, () => {});
  }

  #check(): void {
    if (this.#order?.kind !== 'rest' || [...this.#clients].some(({ rested }) => !rested)) return;
    this.#waiting?.();
    this.#waiting = undefined;
  }

  /** What all of them, also those that are gone, have written down since the last time. */
  read(): HistoryEvent[] {
    return this.#journals.flatMap((journal) => journal.read());
  }

  async stop(): Promise<void> {
    const ended = [...this.#clients].map(({ child }) => new Promise((resolve) => child.once('exit', resolve)));
    this.killNow();
    await Promise.all(ended);
  }

  /** For an exit in a hurry. */
  killNow(): void {
    this.#stopped = true;
    for (const { child } of this.#clients) child.kill('SIGKILL');
  }
}
