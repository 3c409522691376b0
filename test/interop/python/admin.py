"""The admin ops that confluent-kafka has; of share groups it has only what other groups have too."""

from confluent_kafka import TopicCollection, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ConfigSource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
    ResourceType,
)

OPS = {
    "createTopics",
    "deleteTopics",
    "createPartitions",
    "describeTopics",
    "deleteRecords",
    "listOffsets",
    "alterConfig",
    "describeConfig",
    "deleteShareGroups",
    "describeCluster",
}

TIMEOUT_S = 30


def each(futures):
    """The results by key; the first error is raised."""
    return {key: future.result(TIMEOUT_S) for key, future in futures.items()}


class Admin:
    def __init__(self, bootstrap, log_error):
        self.client = AdminClient({"bootstrap.servers": bootstrap, "error_cb": log_error})

    def handle(self, op, told):
        return getattr(self, op)(told)

    def createTopics(self, told):
        each(
            self.client.create_topics(
                [NewTopic(topic["name"], num_partitions=topic["partitions"], config=topic.get("config", {})) for topic in told["topics"]]
            )
        )

    def deleteTopics(self, told):
        each(self.client.delete_topics(told["topics"]))

    def createPartitions(self, told):
        each(self.client.create_partitions([NewPartitions(told["topic"], told["partitions"])]))

    def describeTopics(self, told):
        described = each(self.client.describe_topics(TopicCollection(told["topics"])))
        return [{"name": topic.name, "topicId": str(topic.topic_id), "partitions": len(topic.partitions)} for topic in described.values()]

    def deleteRecords(self, told):
        (deleted,) = each(self.client.delete_records([TopicPartition(told["topic"], told["partition"], told["beforeOffset"])])).values()
        return {"lowWatermark": deleted.low_watermark}

    def listOffsets(self, told):
        named = {"earliest": OffsetSpec.earliest, "latest": OffsetSpec.latest, "max_timestamp": OffsetSpec.max_timestamp}
        at = told["at"]
        spec = named[at]() if at in named else OffsetSpec.for_timestamp(at)
        (info,) = each(self.client.list_offsets({TopicPartition(told["topic"], told["partition"]): spec})).values()
        return {"offset": info.offset, "timestampMs": info.timestamp}

    def alterConfig(self, told):
        entries = [ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in told["set"].items()]
        entries += [ConfigEntry(name, None, incremental_operation=AlterConfigOpType.DELETE) for name in told.get("remove", [])]
        each(self.client.incremental_alter_configs([ConfigResource(resource_type(told), told["name"], incremental_configs=entries)]))

    def describeConfig(self, told):
        (entries,) = each(self.client.describe_configs([ConfigResource(resource_type(told), told["name"])])).values()
        return {entry.name: {"value": entry.value, "source": source_name(entry.source)} for entry in entries.values()}

    def deleteShareGroups(self, told):
        each(self.client.delete_consumer_groups(told["groups"]))

    def describeCluster(self, told):
        cluster = self.client.describe_cluster().result(TIMEOUT_S)
        nodes = [{"nodeId": node.id, "host": node.host, "port": node.port} for node in cluster.nodes]
        return {"clusterId": cluster.cluster_id, "nodes": nodes}


def resource_type(told):
    return ResourceType[told["type"].upper()]


def source_name(source):
    name = ConfigSource(source).name
    return {"GROUP_CONFIG": "DYNAMIC_GROUP_CONFIG", "UNKNOWN_CONFIG": "UNKNOWN"}.get(name, name)
