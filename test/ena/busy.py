"""A natto with two cards, each of which receives packets without end, and sends them back to its router.

So what is wrong with one card must not show at the other. The driver's watchdog, which looks once a second, waits
1.5 s in place of 3 s for a card that is silent, and 1 s in place of 5 s for completions: tests are to be short.
"""

import re
import time
from pathlib import Path

import pcap
from cards import PATIENCE, Cards
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether

CARDS = (0, 1)
ROUTER = "02:00:00:00:00:01"
FLOWS = range(1024, 1088)
# The driver gives a card new buffers to receive into once so many lack, an eighth of its queue.
LACKING_BUFFERS = 128


def mac(card: int) -> str:
    return f"02:00:00:00:00:{6 + card:02x}"


def configuration() -> str:
    ports = "".join(
        f"""[[port]]
realm = "middle-{card}"
device = "card,miss_txc_to=1"
address = "10.33.{card}.124/24"
gateway_mac = "{ROUTER}"
"""
        for card in CARDS
    )
    return ports + '[table]\nfile = "mappings.toml"\n'


def mappings() -> str:
    return "".join(
        f"""[[mapping]]
name = "{company}-{card}"
realm = "middle-{card}"
real = "10.{network}.{card}.1"
mapped = "10.40.{card}.{network}"
"""
        for card in CARDS
        for company, network in (("a", 32), ("b", 34))
    )


def frames(card: int) -> list[bytes]:
    """From company a to company b, of many flows."""
    ethernet = Ether(src=ROUTER, dst=mac(card)) / IP(src=f"10.32.{card}.1", dst=f"10.40.{card}.34")
    return [bytes(ethernet / UDP(sport=port) / bytes(64)) for port in FLOWS]


class Busy(Cards):
    """Each card may have settings of its own."""

    def __init__(self, folder: Path, binary: Path, model: Path, *settings: dict, workers: int = 1) -> None:
        self._table = folder / "mappings.toml"
        self.write_table(mappings())
        cards = []
        for card in CARDS:
            arrives = folder / f"in-{card}.pcap"
            pcap.write(arrives, frames(card))
            own = settings[card] if settings else {}
            wire = {"replay": str(arrives), "repeat": True}
            cards.append({"mac": mac(card), "wire": wire, "watchdog_ms": 1500, **own})
        super().__init__(folder, binary, model, cards, configuration(), workers)
        self._mark = 0

    def _start(self) -> None:
        super()._start()
        for card in CARDS:
            self.forwards(card)
        self._all_buffers = self._buffers()
        assert self._all_buffers is not None, f"a card is not up:\n{self.log()}"

    def write_table(self, text: str) -> None:
        new = self._table.with_suffix(".new")
        new.write_text(text)
        new.replace(self._table)

    def forwards(self, card: int, patience: float = PATIENCE) -> None:
        before = self.report(card)["tx_packets"]
        self.until(f"card {card} sends", lambda: self.report(card)["tx_packets"] > before + 1000, patience)

    def mark(self) -> None:
        """From now on, look at the log's new lines only."""
        self._mark = len(self.log())

    def says(self, pattern: str) -> None:
        self.until(f"natto says: {pattern}", lambda: re.search(pattern, self.log()[self._mark :]))

    def port(self, card: int) -> dict:
        return self.ask("ports")["ports"][card]

    def settle(self) -> None:
        """Let nothing come in any more. natto has counted each packet once then."""
        for card in CARDS:
            self.card(card, "receive off")

        def has_counted_all() -> bool:
            before = self.ask("counters")
            time.sleep(0.1)  # two workers may share a CPU: each has had its turn
            counters = self.ask("counters")
            is_quiet = counters["received"] == before["received"]
            accounted = counters["translated"] + counters["consumed"] + counters["dropped"]
            return is_quiet and counters["received"] == accounted

        self.until("it has counted all packets", has_counted_all)

    def go_on(self) -> None:
        for card in CARDS:
            self.card(card, "receive on")

    def accounts_for_all(self) -> None:
        """Each packet is counted once, and no packet buffer is lost."""

        def has_its_buffers() -> bool:
            buffers = self._buffers()
            return buffers is not None and abs(self._all_buffers - buffers) < len(CARDS) * LACKING_BUFFERS

        # A card may need one more reset first.
        self.until("each buffer is free or with a driver", has_its_buffers)

    def _buffers(self) -> int | None:
        """Those that are free, and those that the drivers hold, while nothing comes in. None: a card is being reset, or
        about to be."""
        self.settle()
        buffers = self._buffers_at_rest()
        self.go_on()
        return buffers

    def _buffers_at_rest(self) -> int | None:
        def states() -> list[tuple[str, int]]:
            return [(port["state"], port["state_since_ms"]) for port in self.ask("ports")["ports"]]

        before = states()
        if any(state not in ("up", "dead") for state, _ in before):
            return None
        held = [self._held(card) for card in CARDS if before[card][0] == "up"]
        free = self.report(0)["free_buffers"]
        return None if None in held or states() != before else free + sum(held)

    def _held(self, card: int) -> int | None:
        """By a card's driver: what it receives into, and what was sent and it has not given back. A packet is a
        descriptor here. None: the driver cannot tell."""
        statistics = self.telemetry(f"/ethdev/xstats,{card}")
        if statistics is None:
            return None
        queues = self.configuration(card)
        entries = sum(queue["depth"] - 1 for queue in queues["rx"] + queues["tx"])
        return entries - sum(statistics[f"tx_q{i}_available_desc"] for i in range(len(queues["tx"])))
