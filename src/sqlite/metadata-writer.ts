import type { DatabaseSync } from 'node:sqlite';

import { readGroupRow, readTopicRow } from './metadata-operations.ts';
import type { OperationCall } from './operation.ts';

/** The writer's side of the metadata store. */
export class MetadataWriter {
  readonly #sql: ReturnType<typeof prepare>;

  constructor(database: DatabaseSync) {
    this.#sql = prepare(database);
  }

  putTopic(call: OperationCall): { readonly topicId: string; readonly partitionCount: number } {
    const row = readTopicRow(call);
    this.#sql.putTopic.run(...row);
    const [topicId, , partitionCount] = row;
    return { topicId, partitionCount };
  }

  deleteTopic(topicId: string): void {
    this.#sql.deleteTopic.run(topicId);
  }

  putGroup(call: OperationCall): void {
    this.#sql.putGroup.run(...readGroupRow(call));
  }

  deleteGroup({ request }: OperationCall): void {
    this.#sql.deleteGroup.run(request.text());
  }

  secret({ request, reply, bytes }: OperationCall): void {
    const name = request.text();
    this.#sql.insertSecret.run(name, bytes(request.number()));
    const { value } = this.#sql.secret.get(name) as { value: Uint8Array };
    reply.text(Buffer.from(value).toString('hex'));
  }

  probe({ request }: OperationCall): void {
    this.#sql.probe.run(request.number());
  }

  takeProducerIds({ request, reply }: OperationCall): void {
    const count = request.number();
    const { next_id } = this.#sql.takeProducerIds.get(count) as { next_id: number };
    reply.number(next_id - count);
  }
}

function prepare(database: DatabaseSync) {
  return {
    putTopic: database.prepare('INSERT OR REPLACE INTO topic VALUES (?, ?, ?, ?, ?)'),
    deleteTopic: database.prepare('DELETE FROM topic WHERE topic_id = ?'),
    putGroup: database.prepare('INSERT OR REPLACE INTO share_group VALUES (?, ?, ?, ?, ?, ?, ?)'),
    deleteGroup: database.prepare('DELETE FROM share_group WHERE group_id = ?'),
    insertSecret: database.prepare('INSERT INTO secret VALUES (?, ?) ON CONFLICT DO NOTHING'),
    takeProducerIds: database.prepare('UPDATE producer_id SET next_id = next_id + ? RETURNING next_id'),
    // Not a secret, but a row of this shape: what is in it is never read.
    probe: database.prepare("INSERT OR REPLACE INTO secret VALUES ('storage.probe', randomblob(?))"),
    secret: database.prepare('SELECT value FROM secret WHERE name = ?'),
  };
}
