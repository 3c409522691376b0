package interop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.common.TopicPartition;

final class ShareConsumers implements Driver.Named {
    static final boolean HAS_RENEW = Arrays.stream(AcknowledgeType.values()).anyMatch(type -> type.name().equals("RENEW"));
    private static final Optional<Method> LOCK_TIMEOUT =
        Arrays.stream(KafkaShareConsumer.class.getMethods()).filter(method -> method.getName().equals("acquisitionLockTimeoutMs")).findAny();
    static final boolean HAS_LOCK_TIMEOUT = LOCK_TIMEOUT.isPresent();

    private final KafkaShareConsumer<String, String> consumer;
    /** Acknowledging wants the very records that a poll gave. */
    private final Map<TopicPartition, Map<Long, ConsumerRecord<String, String>>> delivered = new HashMap<>();
    private final ArrayNode commitResults = Driver.array();

    ShareConsumers(String bootstrap, JsonNode command) {
        var config = Driver.config(bootstrap);
        config.put("group.id", command.get("group").asText());
        config.put("share.acknowledgement.mode", command.get("mode").asText());
        if (command.hasNonNull("acquireMode")) config.put("share.acquire.mode", command.get("acquireMode").asText());
        config.put("max.poll.records", command.path("maxPollRecords").asInt(500));
        if (command.hasNonNull("clientId")) config.put("client.id", command.get("clientId").asText());
        consumer = new KafkaShareConsumer<>(config);
        // Called on the thread of this consumer, inside its own calls.
        consumer.setAcknowledgementCommitCallback((offsets, error) -> offsets.forEach((partition, set) -> {
            var result = commitResults.addObject().put("topic", partition.topic()).put("partition", partition.partition());
            var list = result.putArray("offsets");
            set.stream().sorted().forEach(list::add);
            result.set("error", error == null ? null : Driver.errorNode(error));
        }));
        subscribe(command.get("topics"));
    }

    private void subscribe(JsonNode topics) {
        var names = new ArrayList<String>();
        topics.forEach(topic -> names.add(topic.asText()));
        consumer.subscribe(names);
    }

    @Override
    public JsonNode handle(String op, JsonNode command) throws Exception {
        switch (op) {
            case "subscribe":
                subscribe(command.get("topics"));
                return null;
            case "poll":
                return poll(command.get("timeoutMs").asLong());
            case "acknowledge":
                for (var ack : command.get("acks")) acknowledge(ack);
                return null;
            case "commitSync": {
                var results = Driver.array();
                consumer.commitSync(Duration.ofMillis(command.path("timeoutMs").asLong(30_000))).forEach((partition, error) -> {
                    var result = results.addObject().put("topic", partition.topic()).put("partition", partition.partition());
                    result.set("error", error.map(Driver::errorNode).orElse(null));
                });
                return results;
            }
            case "commitAsync":
                consumer.commitAsync();
                return null;
            case "commitResults": {
                var results = commitResults.deepCopy();
                commitResults.removeAll();
                return results;
            }
            case "lockTimeout": {
                if (LOCK_TIMEOUT.isEmpty()) throw Driver.unknown(op);
                var timeout = (Optional<?>) LOCK_TIMEOUT.get().invoke(consumer);
                return Driver.JSON.valueToTree(timeout.orElse(null));
            }
            case "close":
                consumer.close(Duration.ofMillis(command.path("timeoutMs").asLong(10_000)));
                return null;
            default:
                throw Driver.unknown(op);
        }
    }

    private JsonNode poll(long timeoutMs) {
        var deadline = System.nanoTime() + timeoutMs * 1_000_000;
        var records = Driver.array();
        do {
            var left = Math.max(0, (deadline - System.nanoTime()) / 1_000_000);
            var polled = consumer.poll(Duration.ofMillis(left));
            if (!polled.isEmpty()) delivered.clear();
            for (var record : polled) {
                delivered.computeIfAbsent(new TopicPartition(record.topic(), record.partition()), partition -> new HashMap<>()).put(record.offset(), record);
                Readers.add(records, record);
            }
        } while (records.isEmpty() && System.nanoTime() < deadline);
        return records;
    }

    private void acknowledge(JsonNode ack) {
        var record = delivered.getOrDefault(Readers.partitionOf(ack), Map.of()).get(ack.get("offset").asLong());
        if (record == null) throw new IllegalStateException("the last poll did not give " + ack);
        consumer.acknowledge(record, AcknowledgeType.valueOf(ack.get("type").asText().toUpperCase(Locale.ROOT)));
    }

    @Override
    public void wakeUp() {
        consumer.wakeup();
    }
}
