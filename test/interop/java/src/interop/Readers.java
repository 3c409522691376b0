package interop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;

/** A consumer without a group. */
final class Readers implements Driver.Named {
    private final KafkaConsumer<String, String> consumer;

    Readers(String bootstrap, JsonNode command) {
        var config = Driver.config(bootstrap);
        config.put("isolation.level", command.path("isolation").asText("read_uncommitted"));
        config.put("enable.auto.commit", false);
        config.put("auto.offset.reset", "earliest");
        consumer = new KafkaConsumer<>(config);
        var partitions = new ArrayList<TopicPartition>();
        for (var from : command.get("partitions")) partitions.add(partitionOf(from));
        consumer.assign(partitions);
        for (var from : command.get("partitions")) {
            var partition = partitionOf(from);
            switch (from.get("offset").asText()) {
                case "earliest" -> consumer.seekToBeginning(List.of(partition));
                case "latest" -> consumer.seekToEnd(List.of(partition));
                default -> consumer.seek(partition, from.get("offset").asLong());
            }
        }
        // "latest" is the end as it is now, not at the first poll.
        for (var partition : partitions) consumer.position(partition, Duration.ofSeconds(10));
    }

    @Override
    public JsonNode handle(String op, JsonNode command) {
        switch (op) {
            case "poll": {
                var deadline = System.nanoTime() + command.get("timeoutMs").asLong() * 1_000_000;
                var records = Driver.array();
                do {
                    var left = Math.max(0, (deadline - System.nanoTime()) / 1_000_000);
                    for (var record : consumer.poll(Duration.ofMillis(left))) add(records, record);
                } while (records.isEmpty() && System.nanoTime() < deadline);
                return records;
            }
            case "close":
                try {
                    consumer.close();
                } catch (WakeupException ignored) {
                    consumer.close();
                }
                return null;
            default:
                throw Driver.unknown(op);
        }
    }

    static TopicPartition partitionOf(JsonNode node) {
        return new TopicPartition(node.get("topic").asText(), node.get("partition").asInt());
    }

    static void add(ArrayNode records, ConsumerRecord<String, String> record) {
        var node = records.addObject().put("topic", record.topic()).put("partition", record.partition()).put("offset", record.offset())
            .put("key", record.key()).put("value", record.value()).put("timestampMs", record.timestamp());
        var headers = node.putArray("headers");
        for (var header : record.headers())
            headers.addArray().add(header.key()).add(header.value() == null ? null : new String(header.value(), StandardCharsets.UTF_8));
        if (record.deliveryCount().isPresent()) node.put("deliveryCount", record.deliveryCount().get());
        else node.putNull("deliveryCount");
    }

    @Override
    public void wakeUp() {
        consumer.wakeup();
    }
}
