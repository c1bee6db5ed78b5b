"""What natto tells of its cards is what they did: allowances used up, resets, packets of each queue."""

import re

from busy import CARDS, Busy

ALLOWANCES = [
    "bw_in_allowance_exceeded",
    "bw_out_allowance_exceeded",
    "pps_allowance_exceeded",
    "conntrack_allowance_exceeded",
    "linklocal_allowance_exceeded",
]


def test_counters_are_the_cards(tmp_path, binary, model, hugepages) -> None:
    with Busy(tmp_path, binary, model, workers=2) as natto:

        def told(card: int) -> dict[str, int]:
            return {counter["name"]: counter["value"] for counter in natto.port(card)["counters"]}

        for number, _ in enumerate(ALLOWANCES):
            natto.card(0, f"allowance {number} {700 + number}")
        natto.card(1, "double-tx-completions 1")
        natto.until("all is told", lambda: set(ALLOWANCES) <= told(0).keys() and natto.port(1)["resets"] == 1)
        assert [told(0)[name] for name in ALLOWANCES] == [700, 701, 702, 703, 704]
        assert not set(ALLOWANCES) & told(1).keys()
        assert "pps_allowance_exceeded grew by 702 to 702" in natto.log()
        devices = natto.ask("devices")["devices"]
        losses = [{loss["name"]: loss["value"] for loss in device["losses"]} for device in devices]
        assert [losses[0][name] for name in ALLOWANCES] == [700, 701, 702, 703, 704]
        assert [losses[1][name] for name in ALLOWANCES] == [0] * len(ALLOWANCES)  # told before it grows
        grew = [f"{name} grew by {700 + number} in the last minute" for number, name in enumerate(ALLOWANCES)]
        found = {(one["subject"], one["health"], re.split("[,:]", one["what"])[0]) for one in natto.doctor()}
        assert {("middle-0", "wrong", what) for what in grew} <= found
        assert ("middle-1", "warning", "reset once") in found

        def received() -> list[int]:
            return [worker["received"] for worker in natto.ask("workers")["workers"]]

        def lost() -> list[int]:
            """By queue, of what the cards have delivered. A reset loses what is in a queue."""
            natto.settle()
            delivered = [natto.report(card)["rx_by_queue"] for card in CARDS]
            return [sum(queue) - taken for queue, taken in zip(zip(*delivered), received())]

        lost_by_reset = lost()
        natto.go_on()
        for card in CARDS:
            natto.forwards(card)
        assert lost() == lost_by_reset
        assert all(count > 1000 for card in CARDS for count in natto.report(card)["rx_by_queue"][:2])
        assert natto.telemetry("/natto/workers")["received"] == received()

        # The card's own sums are another count, and lag behind.
        for device in natto.ask("devices")["devices"]:
            assert len(device["queues"]) == 2
            assert all(count[way] > 0 for way in ("rx_bytes", "tx_bytes") for count in (device, *device["queues"]))

        assert natto.telemetry("/natto/ports")["resets"] == [0, 1]
        shown = natto.show("ports")
        assert "pps_allowance_exceeded" in shown
        assert "resets: 1 (because the driver's counters told that it needs one, or could not be read)" in shown
