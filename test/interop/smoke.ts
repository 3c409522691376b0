/** What has to work with every client before anything else is looked at: a part of each area of the protocol. */
export const smokeScenarios: ReadonlySet<string> = new Set([
  'an accepted record is finished: it never comes again, and nothing is left to do',
  'a released record comes again, and its delivery count grows',
  'a rejected record is never delivered again, to nobody',
  'a record whose lock runs out goes to somebody else, and the late answer is refused',
  'several consumers share one partition: each record goes to one of them',
  'a consumer gets the records of all partitions and topics it asks for',
  'a partition that is added is consumed from its first record on',
  'offsets are not reset while a member consumes, and are afterwards: records come again as if new',
  'a group is deleted when its members are gone, not before',
  'start offset and lag are told: what is in flight and what is not delivered yet both count',
  'key, value, headers and timestamp arrive as they were, null and empty ones too',
  'records compressed with zstd arrive as they were',
  'an idempotent producer whose connections are cut writes each record once, in order',
  'topics are made, described, grown, configured and deleted, and what is wrong is refused',
  'the cluster is described: its nodes, where the client is connected',
  'a topic that is deleted and made again is a new one: its records come from the first on',
  'what a member held that was killed comes again, with delivery count 2',
  'a consumer whose connections are cut goes on, and every record is delivered',
  'a consumer goes on after the broker was killed and started again; what was accepted does not come again',
  'kafka-share-groups describes a group that has a member: its state and the member',
  'what kafka-console-producer writes kafka-console-share-consumer reads: released comes again, rejected and accepted never',
]);

/** Java's newest client, another language's, and the tools. */
export const smokeClients: ReadonlySet<string> = new Set(['java-4.4', 'franz-go', 'tools']);
