"""Every golden but those of the policy on the packaged ENA driver: what leaves by the wire, and natto's counts.

The model makes the checksums that the driver's descriptors ask for, so that a wrong request shows as a
wrong packet.
"""

import json
from pathlib import Path

import pcap
import pytest
from cards import MACS, Cards, to_card

GOLDENS = Path(__file__).resolve().parent.parent / "golden"
# What a card of each company is like: queues in the card's memory or in the host's, with metadata kept
# from packet to packet or sent with each.
DEVICE_MEMORY = {}
HOST_MEMORY = {"low_latency_queues": False}
NO_CACHED_METADATA = {"cached_metadata": False}
MODES = {
    "device and host memory": ("auto", DEVICE_MEMORY, HOST_MEMORY),
    "host memory and no cached metadata": ("auto", HOST_MEMORY, NO_CACHED_METADATA),
    "no offload": ("off", DEVICE_MEMORY, HOST_MEMORY),
}


def frames_in(capture: Path) -> list[bytes]:
    return pcap.read(capture) if capture.exists() else []


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("golden", [golden.name for golden in sorted(GOLDENS.glob("[01]*"))])
def test_golden(golden, mode, tmp_path, binary, model, hugepages) -> None:
    folder = GOLDENS / golden
    offload, *kinds = MODES[mode]
    config = (folder / "natto.toml").read_text()
    config = config.replace("[[port]]\n", f'[[port]]\nchecksum_offload = "{offload}"\n')
    (tmp_path / "mappings.toml").write_text((folder / "mappings.toml").read_text())
    cards, arriving, leaving = [], 0, {}
    for realm, mac, kind in zip(["company-a", "company-b"], MACS, kinds):
        arrives, sent = tmp_path / f"in-{realm}.pcap", tmp_path / f"out-{realm}.pcap"
        frames = [to_card(frame, mac) for frame in frames_in(folder / f"in-{realm}.pcap")]
        pcap.write(arrives, frames)
        arriving += len(frames)
        leaving[sent] = frames_in(folder / f"expected-{realm}.pcap")
        cards.append({"mac": mac, "wire": {"replay": str(arrives), "record": str(sent)}, **kind})
    with Cards(tmp_path, binary, model, cards, config) as natto:
        natto.until("all packets are in", lambda: natto.ask("counters")["received"] == arriving)
        natto.until(
            "all packets are out",
            lambda: [natto.report(card)["tx_packets"] for card in (0, 1)] == [len(f) for f in leaving.values()],
        )
        summary = natto.stop()
    expected = json.loads((folder / "expected.json").read_text())
    expected.pop("checksums_offloaded")  # a replay has no card to do it
    offloaded = summary.pop("checksums_offloaded")
    assert summary == expected
    assert offload == "auto" or offloaded == 0
    for sent, frames in leaving.items():
        assert sorted(pcap.read(sent)) == sorted(frames)
