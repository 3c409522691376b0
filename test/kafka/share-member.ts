import type { Sparse } from '../../src/codec/api.ts';
import { openBatch } from '../../src/codec/record-batch.ts';
import { type ShareAcknowledgeRequest, shareAcknowledgeApi } from '../../src/codec/messages/share-acknowledge.ts';
import {
  type ShareFetchRequest,
  type ShareFetchResponse,
  type ShareFetchResponsePartitionData,
  shareFetchApi,
} from '../../src/codec/messages/share-fetch.ts';
import {
  type ShareGroupHeartbeatRequest,
  shareGroupHeartbeatApi,
} from '../../src/codec/messages/share-group-heartbeat.ts';
import type { KafkaClient } from './kafka-door.ts';

/** Acknowledgements as they are on the wire: 0 gap, 1 accept, 2 release, 3 reject, 4 renew. */
export interface Batch {
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly acknowledgeTypes: readonly number[];
}

/** A share consumer that does exactly what it is told, and counts the epochs of its session by itself. */
export class ShareMember {
  readonly #client: KafkaClient;
  readonly memberId: string;
  readonly group: string;
  /** Of the next request. */
  sessionEpoch = 0;
  memberEpoch = 0;

  constructor(client: KafkaClient, memberId: string, group = 'g') {
    this.#client = client;
    this.memberId = memberId;
    this.group = group;
  }

  async heartbeat(request: Sparse<ShareGroupHeartbeatRequest> = {}) {
    const answer = await this.#client.call(shareGroupHeartbeatApi, 1, {
      groupId: this.group,
      memberId: this.memberId,
      memberEpoch: this.memberEpoch,
      rackId: null,
      subscribedTopicNames: null,
      ...request,
    });
    if (answer.errorCode === 0) this.memberEpoch = answer.memberEpoch;
    return answer;
  }

  join = (...topics: readonly string[]) => this.heartbeat({ memberEpoch: 0, subscribedTopicNames: topics });
  leave = () => this.heartbeat({ memberEpoch: -1 });

  async fetch(request: Sparse<ShareFetchRequest> = {}, version = 2): Promise<ShareFetchResponse> {
    const answer = await this.#client.call(shareFetchApi, version, {
      groupId: this.group,
      memberId: this.memberId,
      shareSessionEpoch: this.sessionEpoch,
      maxWaitMs: 0,
      minBytes: 1,
      maxBytes: 1_048_576,
      maxRecords: 500,
      batchSize: 500,
      ...request,
    });
    this.#used(answer.errorCode, request.shareSessionEpoch);
    return answer;
  }

  /** Opens the session on partitions of a topic, and fetches. */
  open = (topicId: string, partitions: readonly number[] = [0], request: Sparse<ShareFetchRequest> = {}) =>
    this.fetch({
      ...request,
      topics: [{ topicId, partitions: partitions.map((partitionIndex) => ({ partitionIndex })) }],
    });

  async acknowledge(
    topicId: string,
    batches: readonly Batch[],
    request: Sparse<ShareAcknowledgeRequest> = {},
    version = 2,
  ) {
    const answer = await this.#client.call(shareAcknowledgeApi, version, {
      groupId: this.group,
      memberId: this.memberId,
      shareSessionEpoch: this.sessionEpoch,
      topics: [{ topicId, partitions: [{ partitionIndex: 0, acknowledgementBatches: batches }] }],
      ...request,
    });
    this.#used(answer.errorCode, request.shareSessionEpoch);
    return answer;
  }

  /** Ends the session with ShareAcknowledge, as the Java client does. */
  close = () => this.acknowledge('', [], { shareSessionEpoch: -1, topics: [] });

  #used(errorCode: number, epoch = this.sessionEpoch): void {
    if (errorCode === 0) this.sessionEpoch = epoch === -1 ? 0 : epoch + 1;
  }
}

/** What a partition's answer says, in short: `0-4×1` for each range with its delivery count. */
export const rangesOf = (partition: ShareFetchResponsePartitionData | undefined): string[] =>
  (partition?.acquiredRecords ?? []).map(
    ({ firstOffset, lastOffset, deliveryCount }) => `${firstOffset}-${lastOffset}×${deliveryCount}`,
  );

/** The only partition of an answer. */
export const onlyPartition = (answer: ShareFetchResponse): ShareFetchResponsePartitionData => {
  const partitions = answer.responses.flatMap((topic) => topic.partitions);
  if (partitions.length !== 1) throw new Error(`${partitions.length} partitions in ${JSON.stringify(answer)}`);
  return partitions[0]!;
};

/** The texts of the records that were acquired, with their offsets left out. */
export const textsOf = ({ records, acquiredRecords }: ShareFetchResponsePartitionData): string[] => {
  let bytes = Buffer.concat(records instanceof Uint8Array ? [records] : [...records]);
  const texts: string[] = [];
  while (bytes.length > 0) {
    const sizeBytes = 12 + bytes.readInt32BE(8);
    const batch = openBatch(bytes.subarray(0, sizeBytes));
    const { baseOffset, lastOffset } = batch.header;
    for (let offset = baseOffset; offset <= lastOffset; offset++) {
      if (!acquiredRecords.some((each) => offset >= each.firstOffset && offset <= each.lastOffset)) continue;
      texts.push(Buffer.from(batch.record(offset)?.value ?? []).toString());
    }
    bytes = bytes.subarray(sizeBytes);
  }
  return texts;
};
