package interop;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListConfigResourcesOptions;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsSpec;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;

final class AdminCommands {
    static final Set<String> OPS = Set.of("createTopics", "deleteTopics", "createPartitions", "describeTopics", "deleteRecords", "listOffsets",
        "alterConfig", "describeConfig", "listConfigResources", "listGroups", "describeShareGroups", "listShareGroupOffsets",
        "alterShareGroupOffsets", "deleteShareGroupOffsets", "deleteShareGroups", "describeCluster");

    private final Admin admin;

    AdminCommands(String bootstrap) {
        admin = Admin.create(Driver.config(bootstrap));
    }

    private static <T> T get(KafkaFuture<T> future) throws Exception {
        return future.get(30, TimeUnit.SECONDS);
    }

    JsonNode handle(String op, JsonNode command) throws Exception {
        switch (op) {
            case "createTopics":
                get(admin.createTopics(stream(command.get("topics")).map(AdminCommands::newTopic).toList()).all());
                return null;
            case "deleteTopics":
                get(admin.deleteTopics(texts(command.get("topics"))).all());
                return null;
            case "createPartitions":
                get(admin.createPartitions(Map.of(command.get("topic").asText(), NewPartitions.increaseTo(command.get("partitions").asInt()))).all());
                return null;
            case "describeTopics":
                return describeTopics(texts(command.get("topics")));
            case "deleteRecords": {
                var partition = Readers.partitionOf(command);
                var deleted = admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(command.get("beforeOffset").asLong())));
                return Driver.JSON.createObjectNode().put("lowWatermark", get(deleted.lowWatermarks().get(partition)).lowWatermark());
            }
            case "listOffsets": {
                var partition = Readers.partitionOf(command);
                var info = get(admin.listOffsets(Map.of(partition, specOf(command.get("at")))).partitionResult(partition));
                return Driver.JSON.createObjectNode().put("offset", info.offset()).put("timestampMs", info.timestamp());
            }
            case "alterConfig":
                return alterConfig(command);
            case "describeConfig": {
                var resource = resourceOf(command);
                var described = Driver.JSON.createObjectNode();
                for (var entry : get(admin.describeConfigs(List.of(resource)).all()).get(resource).entries())
                    described.putObject(entry.name()).put("value", entry.value()).put("source", entry.source().name());
                return described;
            }
            case "listConfigResources": {
                var names = Driver.array();
                var type = ConfigResource.Type.valueOf(command.get("type").asText().toUpperCase(Locale.ROOT));
                for (var resource : get(admin.listConfigResources(Set.of(type), new ListConfigResourcesOptions()).all())) names.add(resource.name());
                return names;
            }
            case "listGroups": {
                var groups = Driver.array();
                for (var group : get(admin.listGroups().all()))
                    groups.addObject().put("group", group.groupId()).put("type", lower(group.type())).put("protocol", group.protocol())
                        .put("state", lower(group.groupState()));
                return groups;
            }
            case "describeShareGroups":
                return describeShareGroups(texts(command.get("groups")));
            case "listShareGroupOffsets":
                return listShareGroupOffsets(command);
            case "alterShareGroupOffsets": {
                var offsets = new HashMap<TopicPartition, Long>();
                for (var offset : command.get("offsets")) offsets.put(Readers.partitionOf(offset), offset.get("offset").asLong());
                get(admin.alterShareGroupOffsets(command.get("group").asText(), offsets).all());
                return null;
            }
            case "deleteShareGroupOffsets":
                get(admin.deleteShareGroupOffsets(command.get("group").asText(), Set.copyOf(texts(command.get("topics")))).all());
                return null;
            case "deleteShareGroups":
                get(admin.deleteShareGroups(texts(command.get("groups"))).all());
                return null;
            case "describeCluster": {
                var cluster = admin.describeCluster();
                var described = Driver.JSON.createObjectNode().put("clusterId", get(cluster.clusterId()));
                var nodes = described.putArray("nodes");
                for (var node : get(cluster.nodes())) nodes.addObject().put("nodeId", node.id()).put("host", node.host()).put("port", node.port());
                return described;
            }
            default:
                throw Driver.unknown(op);
        }
    }

    private static NewTopic newTopic(JsonNode topic) {
        var config = new HashMap<String, String>();
        topic.path("config").properties().forEach(entry -> config.put(entry.getKey(), entry.getValue().asText()));
        return new NewTopic(topic.get("name").asText(), Optional.of(topic.get("partitions").asInt()), Optional.empty()).configs(config);
    }

    private static OffsetSpec specOf(JsonNode at) {
        return switch (at.asText()) {
            case "earliest" -> OffsetSpec.earliest();
            case "latest" -> OffsetSpec.latest();
            case "max_timestamp" -> OffsetSpec.maxTimestamp();
            default -> OffsetSpec.forTimestamp(at.asLong());
        };
    }

    private JsonNode describeTopics(List<String> names) throws Exception {
        var topics = Driver.array();
        for (var topic : get(admin.describeTopics(names).allTopicNames()).values())
            topics.addObject().put("name", topic.name()).put("topicId", topic.topicId().toString()).put("partitions", topic.partitions().size());
        return topics;
    }

    private JsonNode alterConfig(JsonNode command) throws Exception {
        var ops = new ArrayList<AlterConfigOp>();
        command.path("set").properties().forEach(entry ->
            ops.add(new AlterConfigOp(new ConfigEntry(entry.getKey(), entry.getValue().asText()), AlterConfigOp.OpType.SET)));
        for (var name : texts(command.path("remove"))) ops.add(new AlterConfigOp(new ConfigEntry(name, null), AlterConfigOp.OpType.DELETE));
        get(admin.incrementalAlterConfigs(Map.<ConfigResource, Collection<AlterConfigOp>>of(resourceOf(command), ops)).all());
        return null;
    }

    private JsonNode describeShareGroups(List<String> names) throws Exception {
        var groups = Driver.array();
        for (var group : get(admin.describeShareGroups(names).all()).values()) {
            var described = groups.addObject().put("group", group.groupId()).put("state", group.groupState().toString().toLowerCase(Locale.ROOT));
            var members = described.putArray("members");
            for (var member : group.members()) {
                var node = members.addObject().put("memberId", member.consumerId()).put("clientId", member.clientId()).put("host", member.host());
                var assignment = node.putArray("assignment");
                for (var partition : member.assignment().topicPartitions())
                    assignment.addObject().put("topic", partition.topic()).put("partition", partition.partition());
            }
        }
        return groups;
    }

    private JsonNode listShareGroupOffsets(JsonNode command) throws Exception {
        var group = command.get("group").asText();
        var spec = new ListShareGroupOffsetsSpec();
        if (command.hasNonNull("partitions")) spec.topicPartitions(stream(command.get("partitions")).map(Readers::partitionOf).toList());
        // 4.1 gives OffsetAndMetadata, 4.2 and later SharePartitionOffsetInfo: the same source compiles with both.
        var all = (Map<?, ?>) ((KafkaFuture<?>) admin.listShareGroupOffsets(Map.of(group, spec)).all()).get(30, TimeUnit.SECONDS);
        var offsets = Driver.array();
        for (var entry : ((Map<?, ?>) all.get(group)).entrySet()) {
            if (entry.getValue() == null) continue;
            var partition = (TopicPartition) entry.getKey();
            var node = offsets.addObject().put("topic", partition.topic()).put("partition", partition.partition());
            var start = call(entry.getValue(), "startOffset").or(() -> call(entry.getValue(), "offset"));
            node.put("startOffset", (Long) start.orElseThrow());
            var lag = (Optional<?>) call(entry.getValue(), "lag").orElse(Optional.empty());
            node.put("lag", (Long) lag.orElse(null));
        }
        return offsets;
    }

    /** What the method without arguments returns; empty if there is none. */
    private static Optional<Object> call(Object object, String method) {
        try {
            return Optional.of(object.getClass().getMethod(method).invoke(object));
        } catch (ReflectiveOperationException none) {
            return Optional.empty();
        }
    }

    private static ConfigResource resourceOf(JsonNode command) {
        var type = ConfigResource.Type.valueOf(command.get("type").asText().toUpperCase(Locale.ROOT));
        return new ConfigResource(type, command.get("name").asText());
    }

    private static java.util.stream.Stream<JsonNode> stream(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false);
    }

    private static List<String> texts(JsonNode array) {
        return stream(array).map(JsonNode::asText).collect(Collectors.toList());
    }

    private static String lower(Optional<?> value) {
        return value.map(it -> it.toString().toLowerCase(Locale.ROOT)).orElse(null);
    }
}
