"""Owners stopped by SIGSTOP for longer than their session under load: what they still hold when they go on counts for
nobody, and nothing of it was acknowledged."""
import time

import campaign
import hub
import nodes
import rig
import topic

PAUSES = campaign.size(1, 50)


def test_an_owner_that_was_paused_past_its_session_acknowledges_nothing_that_does_not_count(run, dice, figures):
    takeovers = []
    for _ in range(PAUSES):
        name = dice.choice(rig.NAMES)
        before = run.several.owners()
        paused = run.pause(name)
        takeovers += run.served(paused).values()
        others_own = lambda: name not in {node for node, _ in run.several.owners().values()}  # noqa: E731
        if name in {node for node, _ in before.values()}:
            hub.eventually(others_own, f"nothing is {name}'s any more", nodes.SESSION_S * 5)
        run.resume(name)
        run.served(time.monotonic())
    history, found = run.heal_and_check()
    fenced = run.said("partition lost to another owner") + run.said("a transaction of Kafka did not end well")
    applied = len(set(map(id, topic.Counted(history.written).void)) & set(map(id, topic.Counted(history.written).events())))
    figures(pauses=PAUSES, **found, **rig.percentiles("takeover_s", takeovers), turned_away=fenced, void_applied=applied)
    assert applied == 0
    if campaign.LONG:
        assert fenced > 0, "there were zombies"
        assert rig.percentile(takeovers, 0.99) < rig.TAKEOVER_S_MAX
