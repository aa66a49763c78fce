"""kill -9 of nodes at random under load; then the whole record is read and checked."""
import time

import campaign
import rig

CLIENTS = campaign.size(6, 16)
KILLS = campaign.size(6, 200)
# Every second one is started again before its session is over: then nothing is to move.
AWAY_AT_ONCE = 2


def test_what_clients_were_answered_holds_behind_every_kill_of_a_node(make_rig, dice, figures):
    run = make_rig(CLIENTS)
    takeovers, returns = [], []
    for number in range(KILLS):
        name = dice.choice(rig.NAMES)
        killed = run.kill(name)
        if number % AWAY_AT_ONCE == 0:
            takeovers += run.served(killed).values()
            run.nodes[name].start()
        else:
            run.nodes[name].start()
            returns += run.served(killed).values()
        run.served(time.monotonic())
    _, found = run.heal_and_check()
    figures(kills=KILLS, **found, **rig.percentiles("takeover_s", takeovers), **rig.percentiles("return_s", returns),
            bound_s=rig.TAKEOVER_S_MAX)
    if campaign.LONG:
        assert rig.percentile(takeovers, 0.99) < rig.TAKEOVER_S_MAX
