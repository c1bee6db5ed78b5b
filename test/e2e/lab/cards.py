"""A laboratory whose nattos drive ENA cards in software (test/ena-model): each port of theirs is one.

A card's cable leads to the interface that the vdev would have joined or made.
"""

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path

from .config import CARD, Port
from .lab import Lab
from .namespace import Namespace

WITH_CARDS = Path(__file__).resolve().parents[2] / "ena-model" / "with_cards.py"
CABLES = {"net_af_packet": "interface", "net_tap": "tap"}


@dataclass(frozen=True)
class Mode:
    """What natto leaves to its cards, and what these are like (test/ena-model/settings.hpp)."""

    checksum_offload: str = "auto"
    card: dict[str, object] = field(default_factory=dict)


MODES = {
    "offload, device memory": Mode(),
    "no offload, host memory": Mode("off", {"low_latency_queues": False}),
}


class CardLab(Lab):
    """Needs to be root, and hugepages."""

    def __init__(self, natto: Path, plugin: Path, mode: Mode) -> None:
        super().__init__(natto)
        self._eal = ["-d", str(plugin)]
        self._mode = mode
        self._ports: dict[Path, list[Port]] = {}
        self.control = self.file("cards.sock")  # of the cards of the program that started last

    def write_config(self, ports: list[Port], *rest, **named) -> Path:
        offload = self._mode.checksum_offload
        on_cards = [dataclasses.replace(p, driver=CARD, checksum_offload=offload) for p in ports]
        config = super().write_config(on_cards, *rest, **named)
        self._ports[config] = ports
        return config

    def program(self, config: Path, where: Namespace) -> list[str]:
        return self.with_cards(self._ports[config], where, *super().program(config, where))

    def with_cards(self, ports: list[Port], where: Namespace, *command: str) -> list[str]:
        """`command` that finds a card for each port."""
        settings = self.file("cards.json")
        cards = [self._card(port, where) for port in ports]
        settings.write_text(json.dumps({"cards": cards, "control": str(self.control)}))
        return [str(WITH_CARDS), str(settings), *command]

    def _card(self, port: Port, where: Namespace) -> dict[str, object]:
        card = {"wire": {CABLES[port.driver]: port.interface}, **self._mode.card}
        if port.driver == "net_af_packet":
            card["mac"] = where.mac(port.interface)  # the vdev's as well
        return card
