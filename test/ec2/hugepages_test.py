"""Reserving hugepages."""

from script_test_case import SYSTEM_REFUSED, USAGE, ScriptTestCase

RESERVED = "proc/sys/vm/nr_hugepages"
SETTING = "etc/sysctl.d/60-natto-hugepages.conf"


class Hugepages(ScriptTestCase):
    def test_reserves_now_and_at_boot(self) -> None:
        self.run_well("natto-hugepages", "1025")
        self.assertEqual(self.machine.read(RESERVED), "513")
        self.assertIn("vm.nr_hugepages = 513\n", self.machine.read(SETTING) + "\n")

    def test_a_second_run_changes_nothing(self) -> None:
        self.run_well("natto-hugepages", "1024")
        self.assert_changes_nothing("natto-hugepages", "1024")

    def test_a_dry_run_changes_nothing(self) -> None:
        output = self.assert_changes_nothing("natto-hugepages", "--dry-run", "1024")
        self.assertIn("+ sysctl -qw vm.nr_hugepages=512", output)

    def test_undo_brings_back_what_was_even_after_two_sizes(self) -> None:
        self.machine.write(RESERVED, "7")
        before = self.machine.snapshot()
        self.run_well("natto-hugepages", "1024")
        self.run_well("natto-hugepages", "2048")
        self.assertEqual(self.machine.read(RESERVED), "1024")
        self.run_well("natto-hugepages", "--undo")
        self.assertEqual(self.machine.snapshot(), before)
        self.assert_changes_nothing("natto-hugepages", "--undo")

    def test_too_little_memory_is_an_error(self) -> None:
        self.machine.write("free-pages", "100")
        error = self.run_badly(SYSTEM_REFUSED, "natto-hugepages", "1024")
        self.assertIn("only 100 of 512 pages", error)

    def test_what_is_no_size(self) -> None:
        for words in (["1G"], ["0"], ["-5"], ["1", "2"], []):
            with self.subTest(words):
                self.run_badly(USAGE, "natto-hugepages", *words)

    def test_nobody_but_root(self) -> None:
        self.assert_needs_root("natto-hugepages", "1024")
