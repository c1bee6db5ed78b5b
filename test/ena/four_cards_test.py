"""As many cards and queues as the model has, under testpmd: it passes packets from card 0 to 1 and from 2 to 3.

A cable leads from card 1 to card 2.
"""

import json
import subprocess

import pcap
from card_control import say
from cards import PATIENCE, WITH_CARDS
from lab.patience import until
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether

CARDS, QUEUES = 4, 8
FLOWS = 512
DESCRIPTORS = 256


def test_four_cards_of_eight_queues(tmp_path, model, hugepages) -> None:
    """Packets are spread over the queues of cards 0 and 2, and leave by the queue of the number they came in by."""
    packet = Ether() / IP(src="10.1.0.1", dst="10.2.0.1")
    frames = [bytes(packet / UDP(sport=1024 + flow) / bytes(64)) for flow in range(FLOWS)]
    pcap.write(tmp_path / "in.pcap", frames)
    in_wire, out_wire = {"replay": str(tmp_path / "in.pcap")}, {"record": str(tmp_path / "out.pcap")}
    cards = [{"wire": wire} for wire in (in_wire, {"peer": 2}, {"peer": 1}, out_wire)]
    cards[0]["faults"] = ["receive off"]  # until all cards are there
    control, settings = tmp_path / "cards.sock", tmp_path / "cards.json"
    settings.write_text(json.dumps({"cards": cards, "control": str(control)}))
    command = [
        WITH_CARDS, settings, "dpdk-testpmd", "-l", "0,1", "-d", model, "--in-memory", "--no-telemetry", "--",
        "--forward-mode=io", "--no-flush-rx", "--rss-udp", "--total-num-mbufs=16384",
        *(f"--{ring}={count}" for ring, count in
          {"rxq": QUEUES, "txq": QUEUES, "rxd": DESCRIPTORS, "txd": DESCRIPTORS}.items()),
    ]  # fmt: skip

    def packets(card: int, way: str) -> list[int]:
        """By queue."""
        return [queue["packets"] for queue in json.loads(say(control, card, "configuration"))[way]]

    def is_up() -> bool:
        try:
            return len(packets(CARDS - 1, "rx")) == QUEUES
        except OSError:  # nobody listens yet
            return False

    def have_passed() -> bool:
        return sum(packets(CARDS - 1, "tx")) == FLOWS

    testpmd = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        passed = until(is_up) and say(control, 0, "receive on") and until(have_passed)
        made = [{way: packets(card, way) for way in ("rx", "tx")} for card in range(CARDS)] if passed else []
    finally:
        output, _ = testpmd.communicate(b"\n", PATIENCE)  # it ends on Enter
    assert passed, output.decode()
    assert testpmd.returncode == 0
    for into, out in ((0, 1), (2, 3)):
        assert len(made[into]["tx"]) == len(made[out]["rx"]) == len(made[into]["rx"]) == QUEUES
        assert min(made[into]["rx"]) > 0
        assert made[out]["tx"] == made[into]["rx"]
        assert sum(made[out]["tx"]) == FLOWS
    assert sorted(pcap.read(tmp_path / "out.pcap")) == sorted(frames)
