"""The table is replaced while traffic runs."""

import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

from lab import real_case, telemetry
from lab.config import Mapping, mappings_toml
from lab.numbered_stream import NumberedStream
from lab.traffic import ping
from lab_test_case import LabTestCase

SERVICE = (real_case.B_MAPPED, 5001)
EXTRA = Mapping("extra", "middle", "10.32.1.158", "10.33.1.146")
MANY = [
    Mapping(f"m{i}", "middle", f"10.{96 + i // 65536}.{i // 256 % 256}.{i % 256}",
            f"10.{160 + i // 65536}.{i // 256 % 256}.{i % 256}")
    for i in range(65_536 - len(real_case.MAPPINGS))
]  # fmt: skip


class Reload(LabTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.case = real_case.build(self.lab)
        self.config = self.lab.write_config(real_case.PORTS, real_case.MAPPINGS)
        table_line = next(
            line for line in self.config.read_text().splitlines() if line.startswith("file")
        )
        self.table = Path(table_line.split('"')[1])
        self.natto = self.lab.start_natto(self.config, self.case.natto)
        ping(self.case.a, real_case.B_MAPPED)  # every neighbour is known

    def replace_table(self, mappings: list[Mapping]) -> None:
        """As editors and configuration management do."""
        new = self.table.with_suffix(".new")
        new.write_text(mappings_toml(mappings))
        new.rename(self.table)

    def stream(self, per_second: int = 2000) -> NumberedStream:
        return NumberedStream(self.case.a, self.case.b, SERVICE, per_second)

    def assert_nothing_lost(self, stream: NumberedStream) -> None:
        self.assertGreaterEqual(stream.sent, stream.at_least)
        self.assertEqual(stream.lost, 0)
        self.assertTrue(stream.in_order_and_once)

    def soon(self, condition: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if condition():
                return True
            time.sleep(0.02)
        return False

    def generation(self) -> int:
        return self.natto.ask("/natto/table")["generation"]

    def test_f1_no_packet_is_lost_while_the_file_changes(self) -> None:
        with self.stream() as stream:
            for turn in range(6):
                before = self.generation()
                mappings = [*real_case.MAPPINGS, EXTRA] if turn % 2 == 0 else real_case.MAPPINGS
                self.replace_table(mappings)
                self.assertTrue(self.soon(lambda before=before: self.generation() > before))
        self.assert_nothing_lost(stream)
        self.assertIn("(file changed): generation 2 with 3 mappings: 1 added", self.natto.log())

    def test_f1_nothing_is_lost_while_large_tables_are_reloaded_back_to_back(self) -> None:
        self.replace_table([*real_case.MAPPINGS, *MANY])
        with self.stream() as stream:
            for _ in range(2):
                outcome = self.natto.ask("/natto/reload", "the test")
                self.assertEqual((outcome["ok"], outcome["mappings"]), (1, 65_536))
                # Control is not held up: natto itself answers, and so does its telemetry.
                self.assertEqual(ping(self.case.router, real_case.NATTO_ADDRESS).answered, 3)
        self.assert_nothing_lost(stream)

    def test_f2_a_wrong_file_changes_nothing(self) -> None:
        before = self.natto.ask("/natto/table")
        with self.stream() as stream:
            self.table.write_text(self.table.read_text() + "[[mapping]]\nname = 3\n")
            outcome = self.natto.ask("/natto/reload", "the test")
            self.assertEqual((outcome["ok"], outcome["exit_code"]), (0, 1))
            text = self.natto.ask("/natto/text", f"{outcome['id']},0")
            self.assertRegex(text, rf"{self.table}:\d+:\d+: ")
        after = self.natto.ask("/natto/table")
        self.assertEqual(after["generation"], before["generation"])
        self.assertEqual(after["digest"], before["digest"])
        self.assert_nothing_lost(stream)

    def test_sighup_reloads_and_the_log_says_who(self) -> None:
        self.natto.send(signal.SIGHUP)
        outcome = re.compile(r"\(SIGHUP by uid 0, pid \d+\): generation 2")
        # The log tells after the grace period.
        self.assertTrue(self.soon(lambda: outcome.search(self.natto.log()) is not None))
        self.assertEqual(self.generation(), 2)

    def test_a_new_mapping_works_and_a_removed_one_does_not(self) -> None:
        self.case.a.address("eth0", f"{EXTRA.real}/24")
        from_extra = ("-I", EXTRA.real)
        patience = {"count": 2, "patience_seconds": 0.5}
        self.assertEqual(ping(self.case.a, real_case.B_MAPPED, *from_extra, **patience).answered, 0)
        self.replace_table([*real_case.MAPPINGS, EXTRA])
        self.natto.ask("/natto/reload", "the test")
        self.assertEqual(ping(self.case.a, real_case.B_MAPPED, *from_extra, **patience).answered, 2)
        self.natto.ask("/natto/rollback", "the test")
        self.assertEqual(ping(self.case.a, real_case.B_MAPPED, *from_extra, **patience).answered, 0)

    def test_f4_clients_that_hang_or_die_cost_nothing(self) -> None:
        with self.stream() as stream:
            hung = [telemetry.connect(self.natto.pid) for _ in range(3)]
            for client in hung:
                client.setblocking(False)
                try:
                    for _ in range(10_000):  # asks, and never reads
                        client.send(b"/natto/counters")
                except BlockingIOError:
                    pass
            for _ in range(50):  # asks, and is gone before the answer
                with telemetry.connect(self.natto.pid) as client:
                    client.send(b"/natto/mappings,0")
            self.assertEqual(self.natto.ask("/natto/reload", "the test")["ok"], 1)
            for client in hung:
                client.close()
        self.assert_nothing_lost(stream)

    def test_f4_a_full_disk_under_the_log_costs_nothing(self) -> None:
        self.natto.stop()
        natto = self.lab.launch_natto(self.config, self.case.natto, log=Path("/dev/full"))
        self.assertTrue(self.soon(lambda: self.answers(natto.pid)))
        ping(self.case.a, real_case.B_MAPPED)  # packets that wait for a neighbour may be overtaken
        with self.stream() as stream:
            for _ in range(3):
                self.assertEqual(natto.ask("/natto/reload", "the test")["ok"], 1)
            time.sleep(0.5)
        self.assertEqual(natto.ask("/natto/table")["generation"], 4)
        self.assert_nothing_lost(stream)

    def answers(self, pid: int) -> bool:
        try:
            return bool(telemetry.ask(pid, "/natto/table"))
        except OSError:
            return False

    def test_explain_agrees_with_what_happens(self) -> None:
        question = f",{real_case.A_REAL},{real_case.B_MAPPED},1,84,64,0"
        self.assertEqual(self.natto.ask("/natto/explain", question)["sent"], 1)
        question = f",{EXTRA.real},{real_case.B_MAPPED},1,84,64,0"
        answer = self.natto.ask("/natto/explain", question)
        self.assertEqual(answer["reason"], "source_not_mapped")
        self.case.a.address("eth0", f"{EXTRA.real}/24")
        ping(self.case.a, real_case.B_MAPPED, "-I", EXTRA.real, count=1, patience_seconds=0.2)
        self.assertGreaterEqual(self.natto.ask("/natto/drops")[answer["reason"]]["packets"], 1)

    def test_every_mapping_is_counted(self) -> None:
        before = self.natto.ask("/natto/mappings", "0")
        ping(self.case.a, real_case.B_MAPPED, count=5)
        after = self.natto.ask("/natto/mappings", "0")
        for column in ("from_packets", "to_packets"):
            gained = [b - a for a, b in zip(before[column], after[column], strict=True)]
            self.assertEqual(gained, [5, 5], column)
        gained = [b - a for a, b in zip(before["to_bytes"], after["to_bytes"], strict=True)]
        self.assertEqual(gained, [5 * 84, 5 * 84])
