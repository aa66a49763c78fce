"""kill -9 of nodes at random under load, one after the other."""
import dataclasses
import time

import campaign
import rig

KILLS = campaign.size(3, 200)


@dataclasses.dataclass
class Kills:
    history: object
    figures: dict
    takeovers: list  # seconds until a partition took writes again: its owner stayed away
    returns: list    # the same when it came back at once
    seed: int


def attack(run):
    takeovers, returns = [], []
    for number in range(KILLS):
        name = run.dice.choice(rig.NAMES)
        killed = run.kill(name)
        if number % 2 == 0:
            takeovers += run.served(killed).values()
            run.nodes[name].start()
        else:
            # Before its session is over: then nothing is to move.
            run.nodes[name].start()
            returns += run.served(killed).values()
        run.served(time.monotonic())
    history, found = run.heal_and_check()
    return Kills(history, {"kills": KILLS, **found}, takeovers, returns, run.dice.seed_used)
