import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Kafka's own Java client under load: a task for each line of stdin, its result as one line on stdout. One process for all brokers,
 * so that its warm code is the same for each.
 */
public final class KafkaLoad {
  private static final Duration POLL = Duration.ofMillis(500);
  private static int groups = 0;

  public static void main(String[] args) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] task = line.split(" ");
      String bootstrap = task[1];
      String topic = task[2];
      String result =
          switch (task[0]) {
            case "topic" -> topic(bootstrap, topic, Integer.parseInt(task[3]));
            case "produce" -> produce(bootstrap, topic, Integer.parseInt(task[3]), Integer.parseInt(task[4]));
            case "consume" -> consume(bootstrap, topic, Integer.parseInt(task[3]), Integer.parseInt(task[4]));
            case "commit" -> commit(bootstrap, topic, Integer.parseInt(task[3]));
            case "first" -> first(bootstrap, topic);
            default -> throw new IllegalArgumentException(line);
          };
      System.out.println(result);
    }
  }

  private static String topic(String bootstrap, String topic, int partitions) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all().get();
    }
    return "ok";
  }

  /** A group that nobody has used, which starts at the first record. */
  private static String newGroup(String bootstrap) throws Exception {
    String group = "bench-" + ProcessHandle.current().pid() + "-" + groups++;
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      ConfigResource resource = new ConfigResource(ConfigResource.Type.GROUP, group);
      ConfigEntry entry = new ConfigEntry("share.auto.offset.reset", "earliest");
      admin
          .incrementalAlterConfigs(Map.of(resource, List.of(new AlterConfigOp(entry, AlterConfigOp.OpType.SET))))
          .all()
          .get();
    }
    return group;
  }

  private static KafkaShareConsumer<byte[], byte[]> consumer(String bootstrap, String group, Map<String, String> more) {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", bootstrap);
    properties.put("group.id", group);
    properties.putAll(more);
    return new KafkaShareConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  /** Records per second, from the first send until all are acknowledged. */
  private static String produce(String bootstrap, String topic, int count, int size) throws Exception {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", bootstrap);
    properties.put("acks", "all");
    properties.put("linger.ms", "5");
    properties.put("batch.size", "65536");
    properties.put("delivery.timeout.ms", "300000");
    byte[] value = new byte[size];
    Arrays.fill(value, (byte) 'x');
    AtomicLong failed = new AtomicLong();
    AtomicReference<Exception> why = new AtomicReference<>();
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
      producer.partitionsFor(topic);
      long start = System.nanoTime();
      for (int i = 0; i < count; i++) {
        producer.send(
            new ProducerRecord<>(topic, value),
            (metadata, error) -> {
              if (error == null) return;
              failed.incrementAndGet();
              why.compareAndSet(null, error);
            });
      }
      producer.flush();
      double seconds = (System.nanoTime() - start) / 1e9;
      if (failed.get() > 0) throw new IllegalStateException(failed.get() + " records failed", why.get());
      return String.valueOf(count / seconds);
    }
  }

  /** Records per second of several consumers of one group, from the first record to the last. */
  private static String consume(String bootstrap, String topic, int consumers, int count) throws Exception {
    String group = newGroup(bootstrap);
    AtomicLong received = new AtomicLong();
    AtomicLong first = new AtomicLong();
    AtomicLong last = new AtomicLong();
    long deadline = System.nanoTime() + 120_000_000_000L;
    CountDownLatch done = new CountDownLatch(consumers);
    for (int i = 0; i < consumers; i++) {
      new Thread(
              () -> {
                try (KafkaShareConsumer<byte[], byte[]> consumer = consumer(bootstrap, group, Map.of())) {
                  consumer.subscribe(List.of(topic));
                  while (received.get() < count && System.nanoTime() < deadline) {
                    int polled = consumer.poll(POLL).count();
                    if (polled == 0) continue;
                    first.compareAndSet(0, System.nanoTime());
                    if (received.addAndGet(polled) >= count) last.compareAndSet(0, System.nanoTime());
                  }
                } catch (RuntimeException error) {
                  error.printStackTrace();
                } finally {
                  done.countDown();
                }
              })
          .start();
    }
    done.await();
    if (last.get() == 0) throw new IllegalStateException(received.get() + " of " + count + " records came");
    return String.valueOf(count / ((last.get() - first.get()) / 1e9));
  }

  /** p50 and p99 of commitSync of one record, in ms. */
  private static String commit(String bootstrap, String topic, int count) throws Exception {
    Map<String, String> one =
        Map.of("max.poll.records", "1", "share.acquire.mode", "record_limit", "share.acknowledgement.mode", "explicit");
    List<Double> times = new ArrayList<>();
    int warm = Math.min(500, count / 2);
    try (KafkaShareConsumer<byte[], byte[]> consumer = consumer(bootstrap, newGroup(bootstrap), one)) {
      consumer.subscribe(List.of(topic));
      long deadline = System.nanoTime() + 120_000_000_000L;
      while (times.size() < count + warm && System.nanoTime() < deadline) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          consumer.acknowledge(record, AcknowledgeType.ACCEPT);
          long start = System.nanoTime();
          consumer.commitSync().values().forEach(failure -> failure.ifPresent(error -> { throw error; }));
          times.add((System.nanoTime() - start) / 1e6);
        }
      }
    }
    if (times.size() < count + warm) throw new IllegalStateException("only " + times.size() + " records came");
    double[] sorted = times.subList(warm, times.size()).stream().mapToDouble(Double::doubleValue).sorted().toArray();
    return sorted[sorted.length / 2] + " " + sorted[(int) (sorted.length * 0.99)];
  }

  /** From subscribe to the first record of a new group, in ms: the third consumer of a warm process. */
  private static String first(String bootstrap, String topic) throws Exception {
    double ms = 0;
    for (int i = 0; i < 3; i++) {
      try (KafkaShareConsumer<byte[], byte[]> consumer = consumer(bootstrap, newGroup(bootstrap), Map.of())) {
        long start = System.nanoTime();
        consumer.subscribe(List.of(topic));
        while (consumer.poll(POLL).isEmpty()) {
          if (System.nanoTime() - start > 60_000_000_000L) throw new IllegalStateException("no record within 60 s");
        }
        ms = (System.nanoTime() - start) / 1e6;
      }
    }
    return String.valueOf(ms);
  }
}
