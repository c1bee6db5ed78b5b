"""Anything goes wrong with two cards, at random, while packets flow and tables are reloaded.

--faults=1000 is the whole of it, and takes three minutes; --seed=N repeats a run.
"""

import random
import threading
import time
from datetime import datetime

from busy import CARDS, Busy, mappings

FAULTS = 150  # a third of a minute
SWITCHES = [
    "keep-alive off",
    "link off",
    "dead on",
    "refuse-mtu on",
    "hang-reset on",
    "silent-admin on",
    "hold-tx-completions on",
]
# With the largest number of it. Not the wrong ids of received packets, over which the driver crashes
# (doc/dpdk-reports.md).
NUMBERS = {
    "fail-reset": 3,
    "fail-creation-at": 8,
    "fail-admin": 20,
    "fail-feature": 30,
    "lose-tx-completions": 2000,
    "double-tx-completions": 3,
    "wrong-tx-ids": 3,
    "warnings": 5000,
    "fatal-events": 5000,
    "spurious-interrupts": 5000,
    "admin-delay": 300,
    "reset-delay": 500,
}
ONE_MORE = '[[mapping]]\nname = "more"\nrealm = "middle-0"\nreal = "10.99.0.1"\nmapped = "10.40.9.9"\n'


def some_fault(dice: random.Random) -> str:
    kind = dice.choice([*SWITCHES, *NUMBERS])
    return kind if kind in SWITCHES else f"{kind} {dice.randint(1, NUMBERS[kind])}"


def do(natto: Busy, card: int, command: str) -> None:
    print(datetime.now().time(), f"card {card}: {command}")
    natto.card(card, command)


class Reloads(threading.Thread):
    """A table, another one, and so on, until the end of the block."""

    def __init__(self, natto: Busy) -> None:
        super().__init__()
        self._natto = natto
        self._is_over = threading.Event()
        self.made = 0

    def run(self) -> None:
        while not self._is_over.wait(0.05):
            self._natto.write_table(mappings() + ONE_MORE * (self.made % 2))
            self._natto.ask("reload")
            self.made += 1

    def __enter__(self) -> "Reloads":
        self.start()
        return self

    def __exit__(self, *_) -> None:
        self._is_over.set()
        self.join()


def test_random_faults(tmp_path, binary, model, hugepages, pytestconfig, seed) -> None:
    dice = random.Random(seed)
    with Busy(tmp_path, binary, model) as natto:
        with Reloads(natto) as reloads:
            left = pytestconfig.option.faults or FAULTS
            while left > 0:
                card = dice.choice(CARDS)
                for _ in range(min(left, dice.randint(1, 8))):
                    do(natto, card, some_fault(dice))
                    time.sleep(dice.random() / 20)
                    left -= 1
                # One in ten stays until the driver has noticed.
                time.sleep(4 if dice.random() < 0.1 else 0)
                if dice.random() < 0.8:
                    do(natto, card, "heal")
        for card in CARDS:
            do(natto, card, "heal")
        for card in CARDS:
            natto.forwards(card, patience=90)  # after many failed resets, pauses have grown to 10 s
        natto.accounts_for_all()
        assert natto.ask("table")["version"] > reloads.made / 2
        print([(natto.port(card)["resets"], natto.port(card)["failed_resets"]) for card in CARDS])
        summary = natto.stop()
    assert summary["received"] == summary["translated"] + summary["consumed"] + summary["dropped"]
