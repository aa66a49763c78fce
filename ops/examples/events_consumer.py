#!/usr/bin/env python3
"""Prints the events of ComputeHub from Kafka, each as one line of JSON: a CloudEvent, as GET /api/v1/events answers it.

    events_consumer.py --brokers HOST:PORT[,…] [--namespace NAME] [--type computehub.deployment.] [--until-end]
                       [--group NAME] [--conf NAME=VALUE …] [--conf-file FILE]

It starts with the first event and follows until it is ended; with --until-end it stops at what is the end when it gets
there. With --group it goes on behind what the group has printed; several processes of a group share the partitions.
Passwords belong into --conf-file, lines of NAME=VALUE. Ends with 1 in trouble, 2 on wrong usage, 3 when the brokers do
not answer, 4 when there is no such topic. Needs the package `confluent-kafka`.
"""
import argparse
import base64
import json
import signal
import sys

import confluent_kafka
from confluent_kafka import KafkaError, KafkaException, TopicPartition

ANSWER_S = 5.0
POLL_S = 0.5
COMMIT_EVENTS = 1000
INTERNAL = "computehub.internal."
CLAIMED = INTERNAL + "claimed.v1"
BATCH_END = INTERNAL + "batch-end.v1"
NUMBERS = {"version", "parentversion"}
# Of the way on Kafka alone: who wrote the record, and its place in the chain of hashes.
NOT_SHOWN = {"epoch", "owner", "chain"}


class Trouble(Exception):
    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


def attributes_of(message):
    """Of a CloudEvent in Kafka's binary mode: each lies in a header "ce_NAME". None: ComputeHub did not write it."""
    headers = {name: (value or b"").decode(errors="replace") for name, value in message.headers() or []}
    attributes = {name[3:]: value for name, value in headers.items() if name.startswith("ce_")}
    partition, _, seq = attributes.get("id", "").partition(":")
    known = {"specversion", "source", "type", "epoch", "owner"} <= attributes.keys() and attributes["epoch"].isdigit()
    if not known or partition != str(message.partition()) or not seq.isdigit():
        return None
    return {**attributes, "datacontenttype": headers.get("content-type", "")}


def cloud_event(attributes, value):
    """The JSON form of a CloudEvent."""
    event = {name: int(text) if name in NUMBERS else text for name, text in attributes.items() if name not in NOT_SHOWN}
    data = parsed(value) if event["datacontenttype"] == "application/json" else None
    if data is None:
        event["datacontenttype"] = "application/octet-stream"
        event["data_base64"] = base64.b64encode(value or b"").decode()
    else:
        event["data"] = data
    return event


def parsed(value):
    """None when it is no JSON."""
    try:
        return json.loads(value or b"")
    except ValueError:
        return None


class Partition:
    """Lets through what counts. A batch counts as a whole, when its end has come; and only what the partition's owner
    wrote: the author of the last claim that continued the last whole batch. Transactions see to both nearly always;
    this is for what a node that is cut off, or a broker that hangs, may leave behind."""

    def __init__(self, epoch=0, owner="", last=0):
        self.author, self.last, self.held = (epoch, owner), last, []

    def take(self, attributes, value):
        """The events that are certain now, in order."""
        author, kind = (int(attributes["epoch"]), attributes["owner"]), attributes["type"]
        behind = (parsed(value) or {}).get("from", {}).get("seq") if kind == CLAIMED else None
        # Of a claim that came too late there is an end, and nothing more.
        if author[0] > self.author[0] and kind != BATCH_END and (behind is None or behind > self.last):
            raise Trouble(1, f"records are missing behind {attributes['id'].partition(':')[0]}:{self.last}; the brokers "
                             "do not have them")
        if kind == CLAIMED:
            if author[0] > self.author[0] and behind == self.last:
                self.author, self.held = author, []
            return []
        if author != self.author:
            return []
        if kind == BATCH_END:
            events, self.held, self.last = self.held, [], int(attributes["id"].partition(":")[2])
            return events
        if not kind.startswith(INTERNAL):
            self.held.append(cloud_event(attributes, value))
        return []

    def memory(self):
        """For the commit of the place behind a whole batch."""
        return json.dumps([*self.author, self.last])


class Reader:
    def __init__(self, options):
        self.options, self.topic = options, f"{options.namespace}.events"
        self.partitions = None  # until the group has given out what is read here
        self.places, self.at_end, self.printed, self.last_error = {}, set(), 0, None
        try:
            self.consumer = confluent_kafka.Consumer({
                **options.conf, "bootstrap.servers": options.brokers, "group.id": options.group or "events-consumer",
                # What a transaction wrote is seen when it is committed, and never when it is aborted.
                "isolation.level": "read_committed",
                "enable.auto.commit": False, "auto.offset.reset": "error", "enable.partition.eof": True,
                "error_cb": self.on_error, "log_level": 0})
        except (KafkaException, ValueError) as error:
            raise Trouble(2, f"{error}; check --conf and --conf-file") from None

    def on_error(self, error):
        self.last_error = error.str()

    def count_partitions(self):
        try:
            topic = self.consumer.list_topics(self.topic, ANSWER_S).topics[self.topic]
        except KafkaException as error:
            self.consumer.poll(0)
            why = self.last_error or error.args[0].str()
            raise Trouble(3, f"the brokers {self.options.brokers} do not answer: {why}; check --brokers, and --conf-file "
                             "when they want TLS or a password") from None
        if topic.error:
            init = f"computehub kafka init --kafka-brokers {self.options.brokers} --namespace {self.options.namespace}"
            raise Trouble(4, f"there is no topic {self.topic}: is {self.options.namespace} the namespace? If it is new, run "
                             f'"{init}"')
        return len(topic.partitions)

    def start(self):
        count = self.count_partitions()
        if self.options.group:
            self.consumer.subscribe([self.topic], on_assign=self.on_assign, on_revoke=self.on_revoke, on_lost=self.on_lost)
        else:
            self.begin([TopicPartition(self.topic, number) for number in range(count)])

    def on_assign(self, _, assigned):
        self.begin(self.consumer.committed(assigned, ANSWER_S))

    def on_revoke(self, *_):
        self.commit()
        self.on_lost()

    def on_lost(self, *_):
        self.partitions, self.places, self.at_end = None, {}, set()

    def begin(self, places):
        """Partitions are read from where they were left, or from their first record."""
        self.partitions = {}
        for place in places:
            left = place.offset >= 0
            self.partitions[place.partition] = self.remembered(place) if left else Partition()
            place.offset = place.offset if left else confluent_kafka.OFFSET_BEGINNING
        self.consumer.assign(places)

    def remembered(self, place):
        try:
            epoch, owner, last = json.loads(place.metadata or "")
        except ValueError:
            raise Trouble(1, f"the group {self.options.group} is another program's; give another --group") from None
        return Partition(epoch, owner, last)

    def commit(self):
        """What is committed has been printed: behind a crash an event may come twice, and none is missed."""
        sys.stdout.flush()
        self.printed = 0
        if not self.options.group or not self.places:
            return
        try:
            self.consumer.commit(offsets=list(self.places.values()), asynchronous=False)
            self.places = {}
        except KafkaException as error:
            print(f"not remembered, these events may come again: {error.args[0].str()}", file=sys.stderr)

    def run(self):
        self.start()
        while not (self.options.until_end and self.partitions is not None and self.at_end >= self.partitions.keys()):
            message = self.consumer.poll(0 if self.printed else POLL_S)
            if message is None:
                self.commit()
            elif message.error():
                self.on_trouble(message)
            else:
                self.take(message)

    def on_trouble(self, message):
        code = message.error().code()
        if code == KafkaError._PARTITION_EOF:
            self.at_end.add(message.partition())
        elif code == KafkaError._AUTO_OFFSET_RESET:
            raise Trouble(1, f"the brokers do not have any more what comes next in {self.topic}: {message.error().str()}; "
                             "give another --group to begin with what there is")
        elif not message.error().retriable():
            raise Trouble(1, message.error().str())

    def take(self, message):
        self.at_end.discard(message.partition())
        attributes = attributes_of(message)
        if attributes is None:
            print(f"left out: a foreign record at {message.partition()}, offset {message.offset()}", file=sys.stderr)
            return
        partition = self.partitions[message.partition()]
        for event in partition.take(attributes, message.value()):
            if event["type"].startswith(self.options.type):
                print(json.dumps(event, ensure_ascii=False, separators=(",", ":")))
                self.printed += 1
        if attributes["type"] == BATCH_END:
            self.places[message.partition()] = TopicPartition(
                self.topic, message.partition(), message.offset() + 1, metadata=partition.memory())
        if self.printed >= COMMIT_EVENTS:
            self.commit()

    def close(self):
        self.commit()
        self.consumer.close()


def properties(parser, options):
    lines = list(options.conf)
    if options.conf_file:
        try:
            with open(options.conf_file, encoding="utf-8") as file:
                lines = [line.strip() for line in file if line.strip() and not line.startswith("#")] + lines
        except OSError as error:
            parser.error(f"{options.conf_file} cannot be read: {error.strerror}")
    for line in lines:
        if "=" not in line:
            parser.error("properties of Kafka's client are written NAME=VALUE")
    return {name.strip(): value.strip() for name, _, value in (line.partition("=") for line in lines)}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--brokers", required=True, metavar="HOST:PORT[,…]")
    parser.add_argument("--namespace", default="computehub", help="of ComputeHub (default: %(default)s)")
    parser.add_argument("--group", metavar="NAME", help="a consumer group; without one nothing is remembered")
    parser.add_argument("--type", default="", metavar="START", help="only events whose type starts with this")
    parser.add_argument("--until-end", action="store_true", help="end where the events end now, instead of following")
    parser.add_argument("--conf", action="append", default=[], metavar="NAME=VALUE", help="a property of librdkafka")
    parser.add_argument("--conf-file", metavar="FILE", help="properties, one NAME=VALUE a line")
    options = parser.parse_args()
    options.conf = properties(parser, options)
    return options


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    reader = Reader(arguments())
    try:
        reader.run()
    finally:
        reader.close()


if __name__ == "__main__":
    try:
        main()
    except Trouble as trouble:
        print(f"events_consumer: {trouble}", file=sys.stderr)
        sys.exit(trouble.status)
    except KeyboardInterrupt:
        sys.exit(130)
