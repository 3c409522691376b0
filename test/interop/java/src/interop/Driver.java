package interop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.UnknownServerException;
import org.apache.kafka.common.protocol.Errors;

/** The stock Java client behind the protocol of test/interop/README.md: commands on standard input, answers on standard output. */
public final class Driver {
    static final ObjectMapper JSON = new ObjectMapper();

    /** A producer or consumer, with a thread of its own: its commands are done in their order. */
    interface Named {
        JsonNode handle(String op, JsonNode command) throws Exception;

        /** Called from any thread: a poll that waits ends. */
        void wakeUp();
    }

    private static final class Slot {
        final ExecutorService thread = Executors.newSingleThreadExecutor();
        volatile Named named;
    }

    private final String bootstrap;
    private final PrintStream out;
    private final Map<String, Slot> slots = new ConcurrentHashMap<>();
    private final ExecutorService adminThreads = Executors.newCachedThreadPool();
    private final AdminCommands admin;

    private Driver(String bootstrap, PrintStream out) {
        this.bootstrap = bootstrap;
        this.out = out;
        this.admin = new AdminCommands(bootstrap);
    }

    public static void main(String[] args) throws Exception {
        var out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
        // Whatever else prints does not come between the answers.
        System.setOut(System.err);
        var driver = new Driver(args[args.length - 1], out);
        driver.sayReady();
        driver.read();
        driver.closeAll();
        System.exit(0);
    }

    private void sayReady() {
        var ready = JSON.createObjectNode().put("ready", true).put("version", "kafka-clients " + version());
        var capabilities = ready.putArray("capabilities");
        for (var name : List.of("producer", "shareConsumer", "reader", "implicit", "explicit", "reject", "deliveryCount", "maxPollRecords",
            "commitResults", "commitCallback", "subscribe", "recreatedTopics", "acks0", "acks1", "noIdempotence", "gzip", "snappy", "lz4", "zstd"))
            capabilities.add(name);
        for (var op : AdminCommands.OPS) {
            // Before 4.2 the client takes a refusal of the whole request for a success.
            if (!op.equals("alterShareGroupOffsets") || ShareConsumers.HAS_LOCK_TIMEOUT) capabilities.add(op);
        }
        if (ShareConsumers.HAS_RENEW) capabilities.add("renew");
        // KIP-1206 and KIP-1222 came with the same release, 4.2.
        if (ShareConsumers.HAS_LOCK_TIMEOUT) capabilities.add("lockTimeout").add("recordLimit");
        say(ready);
    }

    /** The class that knows it moved between versions; the file did not. */
    private static String version() {
        var properties = new Properties();
        try (var file = Driver.class.getResourceAsStream("/kafka/kafka-version.properties")) {
            properties.load(file);
        } catch (IOException | NullPointerException none) {
            return "?";
        }
        return properties.getProperty("version", "?");
    }

    private void read() throws Exception {
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = in.readLine()) != null; ) {
            var command = JSON.readTree(line);
            var op = command.get("op").asText();
            if (!command.has("name") || AdminCommands.OPS.contains(op)) {
                adminThreads.execute(() -> answer(command, () -> admin.handle(op, command)));
                continue;
            }
            var slot = slots.computeIfAbsent(command.get("name").asText(), name -> new Slot());
            slot.thread.execute(() -> answer(command, () -> handleNamed(slot, op, command)));
        }
    }

    private JsonNode handleNamed(Slot slot, String op, JsonNode command) throws Exception {
        var server = command.hasNonNull("bootstrap") ? command.get("bootstrap").asText() : bootstrap;
        switch (op) {
            case "openProducer" -> slot.named = new Producers(server, command);
            case "openShareConsumer" -> slot.named = new ShareConsumers(server, command);
            case "openReader" -> slot.named = new Readers(server, command);
            default -> {
                if (slot.named == null) throw new IllegalStateException(command.get("name").asText() + " is not open");
                return slot.named.handle(op, command);
            }
        }
        return null;
    }

    interface Work {
        JsonNode run() throws Exception;
    }

    private void answer(JsonNode command, Work work) {
        var answer = JSON.createObjectNode().put("id", command.get("id").asLong());
        try {
            var value = work.run();
            answer.put("ok", true).set("value", value);
        } catch (Throwable error) {
            answer.put("ok", false).set("error", errorNode(error));
        }
        say(answer);
    }

    private void say(ObjectNode line) {
        synchronized (out) {
            out.print(line);
            out.print('\n');
            out.flush();
        }
    }

    private void closeAll() throws Exception {
        for (var slot : slots.values()) {
            slot.thread.execute(() -> {
                try {
                    if (slot.named != null) slot.named.handle("close", JSON.createObjectNode().put("timeoutMs", 5000));
                } catch (Exception ignored) {
                    // It is closed already, or the broker is gone.
                }
            });
            if (slot.named != null) slot.named.wakeUp();
            slot.thread.shutdown();
        }
        for (var slot : slots.values()) slot.thread.awaitTermination(8, TimeUnit.SECONDS);
    }

    /** An op that nobody has. */
    static UnsupportedOperationException unknown(String op) {
        return new UnsupportedOperationException("there is no op " + op);
    }

    static JsonNode errorNode(Throwable thrown) {
        var error = thrown;
        while ((error instanceof ExecutionException || error instanceof CompletionException) && error.getCause() != null) error = error.getCause();
        return JSON.createObjectNode().put("code", codeOf(error)).put("message", String.valueOf(error.getMessage()));
    }

    private static String codeOf(Throwable error) {
        if (error instanceof UnsupportedOperationException) return "UNKNOWN_OP";
        if (error instanceof IllegalStateException) return "ILLEGAL_STATE";
        if (error instanceof IllegalArgumentException || error instanceof ConfigException) return "INVALID_ARGUMENT";
        if (error instanceof java.util.concurrent.TimeoutException) return "REQUEST_TIMED_OUT";
        var code = Errors.forException(error);
        return code == Errors.UNKNOWN_SERVER_ERROR && !(error instanceof UnknownServerException) ? "CLIENT_ERROR" : code.name();
    }

    static Map<String, Object> config(String bootstrap) {
        var config = new HashMap<String, Object>();
        config.put("bootstrap.servers", bootstrap);
        for (var kind : List.of("key", "value")) {
            config.put(kind + ".serializer", "org.apache.kafka.common.serialization.StringSerializer");
            config.put(kind + ".deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
        }
        return config;
    }

    static String text(JsonNode node) {
        return node == null || node.isNull() ? null : node.asText();
    }

    static ArrayNode array() {
        return JSON.createArrayNode();
    }
}
