import { randomBytes } from 'node:crypto';
import { type TopicId, topicId } from '../core/ids.ts';

/** A new topic id: a random UUID (version 4) in Kafka's form, 22 characters of unpadded URL-safe base64. */
export function newTopicId(): TopicId {
  for (;;) {
    const bytes = randomBytes(16);
    bytes[6] = (bytes[6]! & 0x0f) | 0x40;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    const id = bytes.toString('base64url');
    // Kafka's tools take a leading dash for an option, so Kafka itself makes no such id (Uuid.randomUuid).
    if (!id.startsWith('-')) return topicId(id);
  }
}
