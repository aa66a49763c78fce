"""Networks that fall apart: between a node and all brokers, one broker, in one direction, by half of all packets; and
between two brokers. Nothing is lost or repeated, and all goes on by itself when the network is whole."""
import time

import campaign
import hub
import network
import nodes
import pytest
import rig

BROKERS = campaign.size(1, 3)
CLIENTS = campaign.size(2, 8)
ROUNDS = campaign.size(1, 20)
HOLD_S = campaign.size(nodes.SESSION_S + 2, 60)
SERVED_S = 90


@pytest.fixture(scope="module")
def net():
    lacking = network.missing()
    if lacking:
        pytest.skip(lacking)
    made = network.Network([*(f"broker{number}" for number in range(1, BROKERS + 1)), *rig.NAMES])
    yield made
    made.close()


@pytest.fixture(scope="module")
def spread(net, tmp_path_factory):
    """Brokers on machines of their own."""
    kafka = network.cluster_on(tmp_path_factory.mktemp("spread") / "data", brokers_of(net))
    with kafka.locked():
        try:
            kafka.start(BROKERS)
            yield kafka
        finally:
            kafka.remove()


@pytest.fixture
def run(net, spread, tmp_path, dice):
    with rig.three_nodes(spread, tmp_path, dice, CLIENTS, network.nodes_on(net.machines)) as made:
        yield made
        net.mend()


def brokers_of(net):
    return [machine for name, machine in net.machines.items() if name.startswith("broker")]


# Each hurts the network for one node, whose name it answers, or for a broker.

def node_without_link(net, dice):
    name = dice.choice(rig.NAMES)
    net[name].unplug()
    return name


def node_without_brokers(net, dice):
    name = dice.choice(rig.NAMES)
    net[name].blackhole(brokers_of(net))
    return name


def node_without_one_broker(net, dice):
    name = dice.choice(rig.NAMES)
    net[name].drop([dice.choice(brokers_of(net))])
    return name


def node_that_hears_nothing(net, dice):
    name = dice.choice(rig.NAMES)
    net[name].drop(brokers_of(net), outgoing=False)
    return name


def node_that_is_not_heard(net, dice):
    name = dice.choice(rig.NAMES)
    net[name].drop(brokers_of(net), incoming=False)
    return name


def node_that_loses_half(net, dice):
    name = dice.choice(rig.NAMES)
    net[name].drop(brokers_of(net), outgoing=False, percent=50)
    return name


def broker_without_another(net, dice):
    one, other = dice.sample(brokers_of(net), 2)
    one.drop([other])


def broker_that_does_not_hear_another(net, dice):
    one, other = dice.sample(brokers_of(net), 2)
    one.drop([other], outgoing=False)


SHORT = [node_without_link]
LONG = [*SHORT, node_without_brokers, node_without_one_broker, node_that_hears_nothing, node_that_is_not_heard,
        node_that_loses_half, broker_without_another, broker_that_does_not_hear_another]


@pytest.mark.parametrize("trouble", campaign.size(SHORT, LONG), ids=lambda trouble: trouble.__name__)
def test_a_network_that_falls_apart_loses_and_repeats_nothing(run, net, dice, figures, trouble):
    waits, meanwhile = [], []
    for _ in range(ROUNDS):
        begun = time.monotonic()
        name = trouble(net, dice)
        for follower in run.followers.values():
            follower.cut_off.add(name)
        if trouble is node_without_link:
            # What it owned goes on elsewhere while it is away.
            meanwhile += run.served(begun, SERVED_S).values()
        hub.eventually(lambda: run.faults() or time.monotonic() > begun + HOLD_S, "it lasts", HOLD_S + SERVED_S)
        assert run.faults() == []
        net.mend()
        waits += run.served(time.monotonic(), SERVED_S).values()
        for follower in run.followers.values():
            follower.cut_off.clear()
    _, found = run.heal_and_check()
    figures(rounds=ROUNDS, held_s=HOLD_S, **found, **(rig.percentiles("meanwhile_s", meanwhile) if meanwhile else {}),
            **rig.percentiles("served_again_s", waits), doubtful=run.said("a transaction of Kafka did not end well"))
