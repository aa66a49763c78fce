"""What lies between nodes and brokers is hurt: ends of transactions that are lost, answered to nobody, or come late (what
Jepsen did to Kafka), and every frame delayed."""
import time

import brokers
import campaign
import hub
import proxy
import pytest
import rig

COUNT = campaign.size(1, 3)
CLIENTS = campaign.size(2, 8)
LOST = campaign.size(8, 100)
LATE = campaign.size(4, 60)
LATE_S = campaign.size((1.0, 4.0), (1.0, 30.0))
# Of the transactions, one in so many.
EVERY = campaign.size(20, 60)
DELAYED_S = campaign.size(8, 60)
MEAN_S, SPREAD_S = 0.075, 0.05
MET_S = campaign.size(90, 1800)
HEALED_S = 90


@pytest.fixture(scope="module")
def proxied(tmp_path_factory):
    """Brokers that tell their clients the ports of proxies."""
    proxies = [proxy.Proxy() for _ in range(COUNT)]
    kafka = brokers.Brokers(tmp_path_factory.mktemp("proxied") / "data")
    try:
        kafka.start(COUNT, advertised=[each.port for each in proxies])
        for each, member in zip(proxies, kafka.kafka().members):
            each.target = member.ports["client"]
        kafka.proxies = proxies
        yield kafka
    finally:
        for each in proxies:
            each.close()
        kafka.stop("--now", "--remove")


@pytest.fixture
def run(proxied, tmp_path, dice):
    with rig.three_nodes(proxied, tmp_path, dice, CLIENTS) as made:
        yield made
        obey(proxied, proxy.Rules())


def obey(proxied, rules):
    for each in proxied.proxies:
        each.rules = rules


def recycled(run):
    """Producers that were made anew because of doubt, of all nodes."""
    return sum(server.client().get("/api/v1/system/cluster").json()["transactions"]["recycles"]
               for server in run.nodes.values())


def hurt(run, proxied, rules, count):
    """Until so many ends of transactions met their fate, and nothing is on its way any more."""
    obey(proxied, rules)
    hub.eventually(lambda: run.faults() or sum(rules.met.values()) >= count, "ends of transactions meet their fates", MET_S)
    assert run.faults() == []
    rules.on = False
    hub.eventually(lambda: rules.under_way == 0, "what is late has come", LATE_S[1] + HEALED_S)
    waits = run.served(time.monotonic(), HEALED_S)
    made_anew = recycled(run)
    _, found = run.heal_and_check()
    return {**{fate.replace(" ", "_"): rules.met[fate] for fate in rules.fates}, "made_anew": made_anew, **found,
            "doubtful": run.said("a transaction of Kafka did not end well"), "served_s": round(max(waits.values()), 1)}


LOST_ENDS = ("request lost", "answer lost")
LATE_ENDS = ("request late", "slow")


@pytest.mark.parametrize("fates, count", [
    (LOST_ENDS + ("answer swallowed",), LOST), (LATE_ENDS, LATE)] if campaign.LONG else [(LOST_ENDS + LATE_ENDS, LOST)])
def test_ends_of_transactions_that_are_lost_or_late_are_resolved_by_what_the_record_says(
        run, proxied, dice, figures, fates, count):
    rules = proxy.EndsOfTransactions(fates, EVERY, dice, LATE_S)
    found = hurt(run, proxied, rules, count)
    figures(**found)
    # Each is doubt, though the client asked again and was told that all is well.
    assert found["made_anew"] >= count / 2


@pytest.mark.skipif(not campaign.LONG, reason="the long form only")
def test_frames_that_take_75_ms_give_or_take_50_lose_and_repeat_nothing(run, proxied, dice, figures):
    obey(proxied, proxy.Delay(MEAN_S, SPREAD_S, dice))
    end = time.monotonic() + DELAYED_S
    hub.eventually(lambda: run.faults() or time.monotonic() > end, "it was slow for a while", DELAYED_S + 1)
    assert run.faults() == []
    waits = run.served(time.monotonic(), HEALED_S)
    obey(proxied, proxy.Rules())
    run.served(time.monotonic(), HEALED_S)
    _, found = run.heal_and_check()
    figures(seconds=DELAYED_S, **found, **rig.percentiles("served_s", waits.values()))
