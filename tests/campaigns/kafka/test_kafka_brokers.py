"""Brokers that go under load: in order, by kill -9, one after the other, and the one that coordinates the transactions of
a node while it commits."""
import time

import campaign
import confluent_kafka.admin
import pytest
import rig

pytestmark = pytest.mark.skipif(not campaign.LONG, reason="with HUB_LONG: it takes minutes")

ROUNDS = campaign.size(1, 20)
COORDINATORS = campaign.size(1, 50)
BROKERS = (1, 2, 3)
# A broker's session, and elections behind it.
SERVED_S = 90


def java_hash(text):
    found = 0
    for each in text:
        found = (31 * found + ord(each)) & 0xffffffff
    return found - (1 << 32) if found >> 31 else found


def coordinator_of(bootstrap, id):
    """The broker that leads the partition of __transaction_state where this transactional id belongs."""
    topics = confluent_kafka.admin.AdminClient({"bootstrap.servers": bootstrap}).list_topics("__transaction_state", 30)
    partitions = topics.topics["__transaction_state"].partitions
    return partitions[(java_hash(id) & 0x7fffffff) % len(partitions)].leader


def test_brokers_that_go_and_come_back_lose_and_repeat_nothing(run, three_brokers, dice, figures):
    waits = []
    for _ in range(ROUNDS):
        for action in ("stop", "kill"):
            for number in BROKERS if campaign.LONG else (dice.choice(BROKERS),):
                gone = time.monotonic()
                three_brokers.broker(number, action)
                waits += run.served(gone, SERVED_S).values()
                three_brokers.broker(number, "start")
                run.served(time.monotonic(), SERVED_S)
    for _ in range(COORDINATORS):
        node, turn = dice.choice(rig.NAMES), dice.choice("ab")
        number = coordinator_of(three_brokers.bootstrap, f"ch-{run.several.namespace}-{node}-0-{turn}")
        gone = time.monotonic()
        three_brokers.broker(number, "kill")
        waits += run.served(gone, SERVED_S).values()
        three_brokers.broker(number, "start")
        run.served(time.monotonic(), SERVED_S)
    _, found = run.heal_and_check()
    figures(bounces=2 * ROUNDS * (len(BROKERS) if campaign.LONG else 1), coordinators=COORDINATORS, **found,
            **rig.percentiles("served_again_s", waits), doubtful=run.said("a transaction of Kafka did not end well"))
