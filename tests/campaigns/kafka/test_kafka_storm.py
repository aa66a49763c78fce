"""Nodes that come and go all the time: what they own moves, and is never without an owner for long."""
import threading
import time

import campaign
import rig

STORM_S = campaign.size(15, 600)
EVERY_S = 5
WITHOUT_OWNER_S_MAX = 15


def test_nodes_that_join_and_leave_every_five_seconds_lose_and_repeat_nothing(run, dice, figures):
    begun, joins, leaves, guests = time.monotonic(), 0, 0, []
    while time.monotonic() < begun + STORM_S:
        if len(guests) < 2 and (not guests or dice.random() < 0.5):
            name = f"guest{joins}"
            run.several.start(name)
            guests.append(name)
            joins += 1
        else:
            server = run.nodes.pop(guests.pop(0))
            run.gone.append(server)
            assert server.stop() == 0, server.errors.read_text()[-2000:]
            leaves += 1
        threading.Event().wait(max(0.0, begun + EVERY_S * (joins + leaves) - time.monotonic()))
    for name in guests:
        server = run.nodes.pop(name)
        run.gone.append(server)
        assert server.stop() == 0, server.errors.read_text()[-2000:]
        leaves += 1
    run.served(time.monotonic())
    longest = run.longest_without_a_write(begun)
    _, found = run.heal_and_check()
    figures(seconds=STORM_S, joins=joins, leaves=leaves, **found, longest_without_owner_s=round(longest, 1))
    if campaign.LONG:
        assert longest < WITHOUT_OWNER_S_MAX
