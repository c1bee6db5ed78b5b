"""The demo itself: its claims hold, and it says so when one does not."""

import contextlib
import io
import os
import unittest
from pathlib import Path
from unittest import mock

import demo
import demo_live
import demo_replay
from narrator import Narrator


class Demo(unittest.TestCase):
    def setUp(self) -> None:
        self.natto = Path(os.environ["NATTO"])
        self.output = self.enterContext(contextlib.redirect_stdout(io.StringIO()))

    def test_all_claims_hold_between_live_hosts(self) -> None:
        with mock.patch.object(demo_live, "TRANSFER_BYTES", 3_000_000):
            holds = demo_live.run(self.natto, demo.CONFIG.with_name("mappings.toml"))
        self.assertTrue(holds, self.output.getvalue())

    def test_all_claims_hold_on_a_capture(self) -> None:
        holds = demo_replay.run(self.natto, demo.CONFIG)
        self.assertTrue(holds, self.output.getvalue())

    def test_one_false_claim_is_shown_and_spoils_the_whole(self) -> None:
        narrator = Narrator()
        narrator.claim(True, "this")
        narrator.claim(False, "that")
        self.assertFalse(narrator.conclude())
        self.assertRegex(self.output.getvalue(), r"ok +this\n +FALSE +that\n")
