"""How natto starts, refuses to start, and stops."""

import hashlib
import os
import signal
from pathlib import Path

from lab import real_case
from lab.appliance import Appliance
from lab.config import Port
from lab.traffic import connect, listen, ping
from lab_test_case import LabTestCase

INPUT_WRONG, SYSTEM_REFUSED = 1, 3


class Stop(LabTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.case = real_case.build(self.lab)
        config = self.lab.write_config(real_case.PORTS, real_case.MAPPINGS)
        self.natto = self.lab.start_natto(config, self.case.natto)

    def test_stops_cleanly_on_either_signal(self) -> None:
        for how in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(how.name):
                config = self.lab.write_config(real_case.PORTS, real_case.MAPPINGS)
                self.natto.stop(how)  # the first of them the one that setUp has started
                self.natto = self.lab.start_natto(config, self.case.natto)

    def test_stops_under_load_with_counters_that_add_up(self) -> None:
        with (
            listen(self.case.b, 5001) as listener,
            connect(self.case.a, (real_case.B_MAPPED, 5001)) as sender,
        ):
            receiver, _ = listener.accept()
            with receiver:
                sender.settimeout(0.5)
                receiver.settimeout(0.5)
                for _ in range(200):
                    sender.sendall(b"x" * 50_000)
                    receiver.recv(1 << 20)
                summary = self.natto.stop()  # with packets on their way
        self.assertGreater(summary.translated, 200)

    def test_a_connection_survives_a_restart(self) -> None:
        data = os.urandom(100_000)
        with (
            listen(self.case.b, 5001) as listener,
            connect(self.case.a, (real_case.B_MAPPED, 5001)) as sender,
        ):
            receiver, _ = listener.accept()
            with receiver:
                self.natto.stop()
                config = self.lab.write_config(real_case.PORTS, real_case.MAPPINGS)
                self.lab.start_natto(config, self.case.natto)
                sender.sendall(data)
                sender.close()
                with receiver.makefile("rb") as stream:
                    received = stream.read()
        self.assertEqual(hashlib.sha256(received).digest(), hashlib.sha256(data).digest())


class Refusal(LabTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.case = real_case.build(self.lab)

    def launch(self, config: Path) -> Appliance:
        return self.lab.launch_natto(config, self.case.natto)

    def test_a_device_that_is_not_there_is_named(self) -> None:
        port = Port("middle", "no-such-if", "10.33.1.124/28", "10.33.1.113")
        natto = self.launch(self.lab.write_config([port], real_case.MAPPINGS))
        self.assertEqual(natto.wait(), SYSTEM_REFUSED)
        self.assertIn("realm middle", natto.log())
        self.assertIn("no-such-if", natto.log())

    def test_more_workers_than_queues_are_refused(self) -> None:
        config = self.lab.write_config(real_case.PORTS, real_case.MAPPINGS, workers=2)
        config.write_text(config.read_text().replace(",qpairs=2", ""))
        natto = self.launch(config)
        self.assertEqual(natto.wait(), SYSTEM_REFUSED)
        self.assertIn("1 queue pair", natto.log())

    def test_a_wrong_table_is_refused_before_any_device_is_touched(self) -> None:
        mappings = [real_case.MAPPINGS[0], real_case.MAPPINGS[0]]
        port = Port("middle", "no-such-if", "10.33.1.124/28", "10.33.1.113")
        natto = self.launch(self.lab.write_config([port], mappings))
        self.assertEqual(natto.wait(), INPUT_WRONG)
        self.assertRegex(natto.log(), r"mappings\.toml:\d+:\d+: ")

    def test_a_missing_config_is_named(self) -> None:
        natto = self.launch(Path("/nowhere/natto.toml"))
        self.assertEqual(natto.wait(), INPUT_WRONG)
        self.assertIn("/nowhere/natto.toml", natto.log())

    def test_starts_after_a_refusal(self) -> None:
        good = self.lab.write_config(real_case.PORTS, real_case.MAPPINGS)
        bad = self.lab.write_config([Port("middle", "no-such-if", "10.33.1.124/28")], [])
        self.launch(bad).wait()
        self.lab.start_natto(good, self.case.natto)
        self.assertEqual(ping(self.case.a, real_case.B_MAPPED).answered, 3)
