import type { Topic, TopicCatalog } from '../broker/topics.ts';
import { topicId } from '../core/ids.ts';
import { type Result, reject } from '../core/result.ts';

/**
 * The topic that a request of a partition's leader means: by its id from that version of the API on that has ids, by its name
 * before. A name that no topic could have is one that no topic has: UNKNOWN_TOPIC_OR_PARTITION, as Kafka looks it up in its metadata.
 */
export const topicAsked = (
  topics: TopicCatalog,
  asked: { readonly name: string; readonly topicId: string },
  isById: boolean,
): Result<Readonly<Topic>> => {
  return isById ? topics.findById(topicId(asked.topicId)) : topicByName(topics, asked.name);
};

/** The same where the API has names only. */
export const topicByName = (topics: TopicCatalog, name: string): Result<Readonly<Topic>> => {
  const topic = topics.find(name);
  return topic.ok ? topic : reject('UNKNOWN_TOPIC_OR_PARTITION', topic.error.message);
};
