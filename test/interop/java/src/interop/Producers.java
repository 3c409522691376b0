package interop;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;

final class Producers implements Driver.Named {
    private final KafkaProducer<String, String> producer;

    Producers(String bootstrap, JsonNode command) {
        var config = Driver.config(bootstrap);
        config.put("acks", command.path("acks").asText("all"));
        config.put("enable.idempotence", command.path("idempotence").asBoolean(true));
        config.put("compression.type", command.path("compression").asText("none"));
        config.put("linger.ms", command.path("lingerMs").asInt(5));
        config.put("max.request.size", 4 << 20);
        config.put("max.block.ms", 30_000);
        config.put("request.timeout.ms", 10_000);
        config.put("delivery.timeout.ms", 30_000);
        producer = new KafkaProducer<>(config);
    }

    @Override
    public JsonNode handle(String op, JsonNode command) {
        switch (op) {
            case "produce":
                return produce(command.get("records"));
            case "close":
                producer.close(Duration.ofMillis(command.path("timeoutMs").asLong(10_000)));
                return null;
            default:
                throw Driver.unknown(op);
        }
    }

    private JsonNode produce(JsonNode records) {
        var sent = new ArrayList<Future<RecordMetadata>>();
        for (var record : records) {
            var partition = record.hasNonNull("partition") ? (Integer) record.get("partition").asInt() : null;
            var timestamp = record.hasNonNull("timestampMs") ? (Long) record.get("timestampMs").asLong() : null;
            var toSend = new ProducerRecord<>(record.get("topic").asText(), partition, timestamp, Driver.text(record.get("key")), Driver.text(record.get("value")));
            for (var header : record.path("headers")) {
                var value = Driver.text(header.get(1));
                toSend.headers().add(header.get(0).asText(), value == null ? null : value.getBytes(StandardCharsets.UTF_8));
            }
            sent.add(producer.send(toSend));
        }
        producer.flush();
        var outcomes = Driver.array();
        for (int i = 0; i < sent.size(); i++) {
            var outcome = outcomes.addObject().put("topic", records.get(i).get("topic").asText());
            try {
                var metadata = sent.get(i).get();
                outcome.put("partition", metadata.partition()).put("offset", metadata.offset()).putNull("error");
            } catch (Exception error) {
                outcome.put("partition", -1).put("offset", -1).set("error", Driver.errorNode(error));
            }
        }
        return outcomes;
    }

    @Override
    public void wakeUp() {}
}
