/**
 * Identifiers of the domain. Branded, so that a topic's name is never passed where its id belongs.
 * Offsets are plain numbers up to 2^53-1; an int64 beyond that is refused where bytes or JSON come in.
 */

declare const brand: unique symbol;
type Brand<T, B extends string> = T & { readonly [brand]: B };

/** A group's name, as the client wrote it (1 to 249 characters; see names.ts). */
export type GroupId = Brand<string, 'GroupId'>;

/** A topic's name (see names.ts). A topic that is deleted and created again has the same name and another id. */
export type TopicName = Brand<string, 'TopicName'>;

/** A topic's id: a UUID as 22 characters of unpadded URL-safe base64, as Kafka prints it. */
export type TopicId = Brand<string, 'TopicId'>;

/**
 * Who holds a lock: the kind of door and the worker's or member's own id, as `http:mailer-7f9c` or
 * `kafka:<memberId>`. One word for both doors, so that a window shows both.
 */
export type Holder = Brand<string, 'Holder'>;

export type HolderKind = 'http' | 'kafka' | 'operator';

export const groupId = (text: string): GroupId => text as GroupId;
export const topicName = (text: string): TopicName => text as TopicName;
export const topicId = (text: string): TopicId => text as TopicId;

export const holderOf = (kind: HolderKind, id: string): Holder => `${kind}:${id}` as Holder;
export const holderKind = (holder: Holder): HolderKind => holder.slice(0, holder.indexOf(':')) as HolderKind;
export const holderId = (holder: Holder): string => holder.slice(holder.indexOf(':') + 1);

/** A topic partition. */
export interface TopicPartition {
  readonly topicId: TopicId;
  /** Index from 0. */
  readonly partition: number;
}

/** A share partition: one group's view of one topic partition. */
export interface SharePartitionKey extends TopicPartition {
  readonly group: GroupId;
}

export const topicPartitionText = (key: TopicPartition): string => `${key.topicId}/${key.partition}`;
export const sharePartitionText = (key: SharePartitionKey): string => `${key.group}/${key.topicId}/${key.partition}`;
