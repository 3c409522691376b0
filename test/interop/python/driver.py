"""The stock confluent-kafka client (librdkafka) behind the protocol of test/interop/README.md: commands on standard input,
answers on standard output."""

import json
import os
import queue
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import confluent_kafka
from admin import OPS as ADMIN_OPS, Admin
from confluent_kafka import AcknowledgeType, Consumer, IllegalStateException, KafkaError, KafkaException, Producer, ShareConsumer, TopicPartition

# No renew and no record limit: librdkafka 2.16 speaks ShareFetch up to version 1.
CAPABILITIES = """producer shareConsumer reader implicit explicit reject deliveryCount maxPollRecords commitResults commitCallback subscribe
    recreatedTopics acks0 acks1 noIdempotence gzip snappy lz4 zstd""".split()

# What librdkafka calls otherwise than Kafka.
KAFKA_NAMES = {
    "UNKNOWN": "UNKNOWN_SERVER_ERROR",
    "INVALID_MSG": "CORRUPT_MESSAGE",
    "UNKNOWN_TOPIC_OR_PART": "UNKNOWN_TOPIC_OR_PARTITION",
    "INVALID_MSG_SIZE": "INVALID_FETCH_SIZE",
    "NOT_LEADER_FOR_PARTITION": "NOT_LEADER_OR_FOLLOWER",
    "MSG_SIZE_TOO_LARGE": "MESSAGE_TOO_LARGE",
    "TOPIC_EXCEPTION": "INVALID_TOPIC_EXCEPTION",
    "_TIMED_OUT": "REQUEST_TIMED_OUT",
    "_MSG_TIMED_OUT": "REQUEST_TIMED_OUT",
    "_INVALID_ARG": "INVALID_ARGUMENT",
    "_STATE": "ILLEGAL_STATE",
}

POLL_SLICE_S = 0.5

# Set at the end of the input: a poll that waits ends.
over = threading.Event()


class OwnError(Exception):
    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def unknown_op(op):
    return OwnError("UNKNOWN_OP", f"there is no op {op}")


def error_of(error):
    """{code, message} of an exception or KafkaError; None of None."""
    if error is None:
        return None
    kafka = error.args[0] if isinstance(error, KafkaException) and error.args else error
    if isinstance(kafka, KafkaError):
        name = KAFKA_NAMES.get(kafka.name(), kafka.name())
        return {"code": "CLIENT_ERROR" if name.startswith("_") else name, "message": f"{kafka.name()}: {kafka.str()}"}
    if isinstance(error, OwnError):
        code = error.code
    elif isinstance(error, IllegalStateException):
        code = "ILLEGAL_STATE"
    elif isinstance(error, (ValueError, TypeError)):
        code = "INVALID_ARGUMENT"
    else:
        code = "CLIENT_ERROR"
    return {"code": code, "message": f"{type(error).__name__}: {error}"}


def text(value):
    return None if value is None else value.decode("utf-8")


def data(value):
    return None if value is None else value.encode("utf-8")


def delivered(message):
    return {
        "topic": message.topic(),
        "partition": message.partition(),
        "offset": message.offset(),
        "key": text(message.key()),
        "value": text(message.value()),
        "headers": [[name, text(value)] for name, value in message.headers() or []],
        "timestampMs": message.timestamp()[1],
        "deliveryCount": message.delivery_count(),
    }


def log_error(error):
    print(f"client: {error}", file=sys.stderr, flush=True)


class Producers:
    def __init__(self, bootstrap, told):
        self.no_acks = told.get("acks") == "0"
        self.producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "acks": told.get("acks", "all"),
                "enable.idempotence": told.get("idempotence", True),
                "compression.type": told.get("compression", "none"),
                "linger.ms": told.get("lingerMs", 5),
                "message.max.bytes": 4 << 20,
                "message.timeout.ms": 30_000,
                # Connections are cut in scenarios. Without these librdkafka waits for up to 10 s before it connects again, and with
                # the only broker gone it starts anew from the bootstrap address, with a timer of 1 s between the steps.
                "reconnect.backoff.max.ms": 200,
                "retry.backoff.max.ms": 200,
                "metadata.recovery.strategy": "none",
                "error_cb": log_error,
            }
        )

    def produce(self, told):
        outcomes = [None] * len(told["records"])
        for index, record in enumerate(told["records"]):

            def on_delivery(error, message, index=index):
                outcomes[index] = {
                    "topic": message.topic(),
                    "partition": -1 if error else message.partition(),
                    "offset": -1 if error or self.no_acks else message.offset(),
                    "error": error_of(error),
                }

            try:
                self.producer.produce(
                    record["topic"],
                    value=data(record["value"]),
                    key=data(record["key"]),
                    partition=-1 if record["partition"] is None else record["partition"],
                    headers=[(name, data(value)) for name, value in record.get("headers", [])],
                    timestamp=record.get("timestampMs", 0),
                    on_delivery=on_delivery,
                )
            except (KafkaException, BufferError) as error:
                outcomes[index] = {"topic": record["topic"], "partition": -1, "offset": -1, "error": error_of(error)}
        if self.producer.flush(40) > 0:
            raise OwnError("REQUEST_TIMED_OUT", "not all records were delivered or given up")
        return outcomes

    def close(self, told):
        self.producer.flush(told.get("timeoutMs", 10_000) / 1000)
        self.producer = None


class Readers:
    """A consumer without a group; librdkafka wants the name of one all the same."""

    def __init__(self, bootstrap, told):
        self.consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "not-used",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "isolation.level": told.get("isolation", "read_uncommitted"),
                "error_cb": log_error,
            }
        )
        self.consumer.assign([self.start_of(partition) for partition in told["partitions"]])

    def start_of(self, told):
        offset = told["offset"]
        if offset == "latest":
            # The end as it is now, not at the first poll.
            offset = self.consumer.get_watermark_offsets(TopicPartition(told["topic"], told["partition"]), timeout=10)[1]
        return TopicPartition(told["topic"], told["partition"], confluent_kafka.OFFSET_BEGINNING if offset == "earliest" else offset)

    def poll(self, told):
        until = time.monotonic() + told["timeoutMs"] / 1000
        while True:
            message = self.consumer.poll(max(0.0, min(POLL_SLICE_S, until - time.monotonic())))
            # What came with it; `consume` waits its whole time if there is less.
            messages = [] if message is None else [message, *self.consumer.consume(10_000, 0.05)]
            records = []
            for message in messages:
                if message.error() is None:
                    records.append(delivered(message))
                elif message.error().retriable() or message.error().code() == KafkaError._PARTITION_EOF:
                    log_error(message.error())
                else:
                    raise KafkaException(message.error())
            if records or over.is_set() or time.monotonic() >= until:
                return records

    def close(self, told):
        self.consumer.close()


class ShareConsumers:
    def __init__(self, bootstrap, told):
        config = {
            "bootstrap.servers": bootstrap,
            "group.id": told["group"],
            "share.acknowledgement.mode": told["mode"],
            "max.poll.records": told.get("maxPollRecords", 500),
            "error_cb": log_error,
        }
        if told.get("acquireMode", "batch_optimized") != "batch_optimized":
            raise OwnError("INVALID_ARGUMENT", "librdkafka has no share.acquire.mode")
        if told.get("clientId") is not None:
            config["client.id"] = told["clientId"]
        self.results = []
        self.consumer = ShareConsumer(config)
        # Called on the thread of this consumer, inside its own calls.
        self.consumer.set_acknowledgement_commit_callback(self.on_commit)
        self.consumer.subscribe(told["topics"])

    def on_commit(self, offsets, error):
        for partition, of_partition in offsets.items():
            self.results.append(
                {"topic": partition.topic, "partition": partition.partition, "offsets": sorted(of_partition), "error": error_of(error)}
            )

    def subscribe(self, told):
        self.consumer.subscribe(told["topics"])

    def poll(self, told):
        until = time.monotonic() + told["timeoutMs"] / 1000
        while True:
            records = []
            for message in self.consumer.poll(max(0.0, min(POLL_SLICE_S, until - time.monotonic()))):
                if message.error() is None:
                    records.append(delivered(message))
                elif message.error().retriable():
                    log_error(message.error())
                else:
                    raise KafkaException(message.error())
            if records or over.is_set() or time.monotonic() >= until:
                return records

    def acknowledge(self, told):
        types = {"accept": AcknowledgeType.ACCEPT, "release": AcknowledgeType.RELEASE, "reject": AcknowledgeType.REJECT}
        for ack in told["acks"]:
            if ack["type"] not in types:
                raise OwnError("INVALID_ARGUMENT", f"librdkafka has no type {ack['type']}")
            self.consumer.acknowledge_offset(ack["topic"], ack["partition"], ack["offset"], types[ack["type"]])

    def commitSync(self, told):
        results = self.consumer.commit_sync(told.get("timeoutMs", 30_000) / 1000)
        return [{"topic": at.topic, "partition": at.partition, "error": error_of(error)} for at, error in results.items()]

    def commitAsync(self, told):
        self.consumer.commit_async()

    def commitResults(self, told):
        results, self.results = self.results, []
        return results

    def close(self, told):
        self.consumer.close()


KINDS = {"openProducer": Producers, "openReader": Readers, "openShareConsumer": ShareConsumers}
NAMED_OPS = {"produce", "subscribe", "poll", "acknowledge", "commitSync", "commitAsync", "commitResults", "close"}

out_lock = threading.Lock()


def say(line):
    with out_lock:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


def answer(told, work):
    try:
        value = work()
        say({"id": told["id"], "ok": True, "value": value})
    except Exception as error:  # whatever it is, the runner has to hear of it
        say({"id": told["id"], "ok": False, "error": error_of(error)})


class Slot:
    """What has one name: its commands are done in their order, on a thread of its own."""

    def __init__(self, bootstrap):
        self.bootstrap = bootstrap
        self.commands = queue.SimpleQueue()
        self.opened = None
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while (told := self.commands.get()) is not None:
            answer(told, lambda: self.handle(told))
        if self.opened is not None:
            try:
                self.opened.close({"timeoutMs": 5_000})
            except Exception as error:  # it may be closed already, or the broker is gone
                log_error(error)

    def handle(self, told):
        op = told["op"]
        if op in KINDS:
            self.opened = KINDS[op](told.get("bootstrap", self.bootstrap), told)
            return None
        if self.opened is None:
            raise OwnError("ILLEGAL_STATE", f"{told.get('name')} is not open")
        method = getattr(self.opened, op, None) if op in NAMED_OPS else None
        if method is None:
            raise unknown_op(op)
        value = method(told)
        if op == "close":
            self.opened = None
        return value


def main():
    bootstrap = sys.argv[-1]
    admin = Admin(bootstrap, log_error)
    admin_threads = ThreadPoolExecutor(16)
    version = f"confluent-kafka {confluent_kafka.version()} (librdkafka {confluent_kafka.libversion()[0]})"
    say({"ready": True, "version": version, "capabilities": CAPABILITIES + sorted(ADMIN_OPS)})
    slots = {}
    for line in sys.stdin:
        told = json.loads(line)
        if told["op"] in ADMIN_OPS:
            admin_threads.submit(answer, told, lambda told=told: admin.handle(told["op"], told))
            continue
        name = told.get("name", "")
        if name not in slots:
            slots[name] = Slot(bootstrap)
        slots[name].commands.put(told)
    over.set()
    for slot in slots.values():
        slot.commands.put(None)
    until = time.monotonic() + 8
    for slot in slots.values():
        slot.thread.join(max(0.0, until - time.monotonic()))
    sys.stdout.flush()
    # Threads that hang in the client do not hold the process.
    os._exit(0)


if __name__ == "__main__":
    main()
