import type { HistoryEvent } from './history.ts';
import type { Report } from './auditor.ts';
import type { Snapshot, TopicSnapshot } from './snapshot.ts';

interface ProduceRequest {
  readonly topic: string;
  readonly ids: readonly string[];
  readonly form: 'atomic' | 'lines';
  readonly idempotent: boolean;
  readonly sentMs: number;
  state: 'open' | 'confirmed' | 'refused';
  places: readonly (readonly [partition: number, offset: number])[] | null;
  /** At an earlier snapshot nothing of it was there, and its sender had given up: so it stays. */
  absent: boolean;
}

/** What the auditor knows of one partition's log. */
interface PartitionLog {
  logStartOffset: number;
  logEndOffset: number;
  /** Ids by offset; undefined where retention was faster than the auditor. */
  readonly ids: (string | undefined)[];
}

/**
 * The producers' half: each confirmed record is in the log, once, where the answer said, unchanged, at offsets
 * without gaps; what was not confirmed is there once or not at all (I1).
 */
export class LogAuditor {
  readonly #report: Report;
  readonly #requests = new Map<string, ProduceRequest>();
  /** Requests that the next snapshot has to show. */
  #unseen: ProduceRequest[] = [];
  readonly #requestOfId = new Map<string, ProduceRequest>();
  readonly #placeOfId = new Map<string, readonly [partition: number, offset: number]>();
  readonly #logs = new Map<string, PartitionLog>();
  confirmedRecords = 0;
  replayedRequests = 0;
  recoveredRecords = 0;

  constructor(report: Report) {
    this.#report = report;
  }

  take(event: Extract<HistoryEvent, { kind: 'produce' | 'produced' | 'produce_refused' }>): void {
    const request = this.#requests.get(event.request);
    switch (event.kind) {
      case 'produce':
        // The same request again, under its idempotency key.
        if (request !== undefined) return;
        this.#open(event);
        return;
      case 'produced':
        if (request === undefined) return;
        this.#confirm(event, request);
        return;
      case 'produce_refused':
        if (request?.state === 'open') request.state = 'refused';
        else this.#report('I5', `produce ${event.request} was confirmed, and then refused: ${event.why}`);
    }
  }

  #open(event: Extract<HistoryEvent, { kind: 'produce' }>): void {
    const request: ProduceRequest = {
      topic: event.topic,
      ids: event.ids,
      form: event.form,
      idempotent: event.idempotent,
      sentMs: event.atMs,
      state: 'open',
      places: null,
      absent: false,
    };
    this.#requests.set(event.request, request);
    this.#unseen.push(request);
    for (const id of event.ids) this.#requestOfId.set(id, request);
  }

  #confirm(event: Extract<HistoryEvent, { kind: 'produced' }>, request: ProduceRequest): void {
    const { places } = event;
    if (event.replayed) this.replayedRequests++;
    if (request.state === 'confirmed') {
      if (!event.replayed) this.#report('I5', `produce ${event.request} was confirmed twice, and not as a replay`);
      if (JSON.stringify(places) !== JSON.stringify(request.places)) {
        this.#report('I5', `the replay of produce ${event.request} gave other places than the first answer`);
      }
      return;
    }
    request.state = 'confirmed';
    request.places = places;
    this.confirmedRecords += request.ids.length;
    if (places !== null && places.length !== request.ids.length) {
      this.#report('I1', `produce ${event.request} of ${request.ids.length} records gave ${places.length} places`);
    }
    if (!this.#unseen.includes(request)) this.#unseen.push(request);
  }

  /** What a worker was given must be what the log has. */
  idAt(topic: string, partition: number, offset: number): string | undefined {
    return this.#logs.get(`${topic}/${partition}`)?.ids[offset];
  }

  logStartOffset(topic: string, partition: number): number {
    return this.#logs.get(`${topic}/${partition}`)?.logStartOffset ?? 0;
  }

  /** Where the reading of a partition goes on. */
  readFrom(topic: string, partition: number): number {
    return this.#logs.get(`${topic}/${partition}`)?.logEndOffset ?? 0;
  }

  restarted(snapshot: Snapshot): void {
    for (const [name] of this.#logs) {
      const known = snapshot.topics.some(({ topic, partitions }) =>
        partitions.some(({ partition }) => `${topic}/${partition}` === name),
      );
      if (!known) this.#report('I1', `the partition ${name} is gone`);
    }
    for (const topic of snapshot.topics) this.#readTopic(topic);
    this.#lookForRequests();
  }

  #readTopic({ topic, retentionBytes, partitions }: TopicSnapshot): void {
    for (const { partition, logStartOffset, logEndOffset, sizeBytes, records } of partitions) {
      const name = `${topic}/${partition}`;
      const log = this.#logs.get(name) ?? { logStartOffset: 0, logEndOffset: 0, ids: [] };
      this.#logs.set(name, log);
      if (logEndOffset < log.logEndOffset) {
        this.#report('I1', `the log of ${name} ends at ${logEndOffset}, and ended at ${log.logEndOffset} before`);
      }
      if (logStartOffset < log.logStartOffset) {
        this.#report(
          'I7',
          `the log of ${name} starts at ${logStartOffset}, and started at ${log.logStartOffset} before`,
        );
      }
      if (logStartOffset > 0 && retentionBytes < 0) {
        this.#report('I1', `the log of ${name} starts at ${logStartOffset}, and the topic has no retention by size`);
      }
      if (logStartOffset > log.logStartOffset && logStartOffset === logEndOffset && retentionBytes > 0) {
        this.#report('I1', `retention of ${retentionBytes} bytes left nothing of ${name} (${sizeBytes} bytes)`);
      }
      let expected = Math.max(logStartOffset, log.logEndOffset);
      for (const { offset, id, intact } of records) {
        // Read again (at the end, the whole log): it must be the same as the first time.
        if (offset < log.logEndOffset) {
          const before = log.ids[offset];
          if (before !== undefined && before !== id) {
            this.#report('I1', `${name} offset ${offset} is ${id} now, and was ${before}`);
          }
        } else {
          if (offset !== expected)
            this.#report('I1', `the log of ${name} goes from offset ${expected - 1} to ${offset}`);
          expected = offset + 1;
          log.ids[offset] = id;
          this.#appeared(topic, partition, offset, id);
        }
        if (!intact) this.#report('I1', `the value of ${id} at ${name} offset ${offset} has changed`);
      }
      if (expected < logEndOffset) {
        this.#report('I1', `the log of ${name} cannot be read from ${expected} to its end at ${logEndOffset}`);
      }
      log.logStartOffset = logStartOffset;
      log.logEndOffset = logEndOffset;
    }
  }

  #appeared(topic: string, partition: number, offset: number, id: string): void {
    const place = `${topic}/${partition} offset ${offset}`;
    const request = this.#requestOfId.get(id);
    if (request === undefined || request.topic !== topic) {
      this.#report('I1', `${place} has the record ${id}, which nobody has produced there`);
      return;
    }
    const other = this.#placeOfId.get(id);
    if (other !== undefined) {
      this.#report('I5', `${id} is in ${topic} twice: at ${other.join('/')} and ${partition}/${offset}`);
    }
    this.#placeOfId.set(id, [partition, offset]);
    if (request.state === 'refused') this.#report('I1', `${place} has ${id}, whose produce was refused`);
    if (request.absent) this.#report('I1', `${place} has ${id}, which was not there at a start after its produce`);
  }

  #lookForRequests(): void {
    for (const request of this.#unseen) {
      const { ids, topic, places } = request;
      const found = ids.filter((id) => this.#placeOfId.has(id)).length;
      // Retention may have been faster than the auditor: then only what is still there can be compared.
      const trimmed = [...this.#logs].some(
        ([name, { logStartOffset }]) => name.startsWith(`${topic}/`) && logStartOffset > 0,
      );
      if (request.state === 'confirmed') this.#checkConfirmed(request, trimmed);
      else if (request.form === 'atomic' && found > 0 && found < ids.length && !trimmed) {
        this.#report('I1', `of the ${ids.length} records of one produce, ${found} are there: ${ids[0]} …`);
      }
      if (request.state === 'open') this.recoveredRecords += found;
      request.absent = request.state !== 'confirmed' && !request.idempotent && found === 0;
      if (places === null) continue;
      for (const [index, id] of ids.entries()) {
        const [partition, offset] = places[index] ?? [-1, -1];
        const there = this.idAt(topic, partition, offset);
        const gone = offset < this.logStartOffset(topic, partition);
        if (there === id || (gone && there === undefined)) continue;
        this.#report(
          'I1',
          `${id} was confirmed at ${topic}/${partition} offset ${offset}; there is ${there ?? 'nothing'}`,
        );
      }
    }
    this.#unseen = [];
  }

  #checkConfirmed({ ids, topic, places }: ProduceRequest, trimmed: boolean): void {
    if (places !== null || trimmed) return;
    for (const id of ids) {
      if (!this.#placeOfId.has(id)) this.#report('I1', `${id} was confirmed in ${topic}, and is not in the log`);
    }
  }
}
