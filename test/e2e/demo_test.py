"""The demo itself: its claims hold, and it says so when one does not."""

import re

import demo
import demo_live
import demo_replay
from narrator import Narrator


def test_all_claims_hold_between_live_hosts(binary, world, monkeypatch) -> None:
    monkeypatch.setattr(demo_live, "TRANSFER_BYTES", 3_000_000)
    assert demo_live.run(binary, demo.CONFIG.with_name("mappings.toml"))


def test_all_claims_hold_on_a_capture(binary) -> None:
    assert demo_replay.run(binary, demo.CONFIG)


def test_one_false_claim_is_shown_and_spoils_the_whole(capsys) -> None:
    narrator = Narrator()
    narrator.claim(True, "this")
    narrator.claim(False, "that")
    assert not narrator.conclude()
    assert re.search(r"ok +this\n +FALSE +that\n", capsys.readouterr().out)
