"""Isolating the workers' cores."""

from script_test_case import INPUT_WRONG, SYSTEM_REFUSED, USAGE, ScriptTestCase

DROP_IN = "etc/default/grub.d/90-natto.cfg"
ARGUMENTS = "isolcpus=managed_irq,domain,1-3 nohz_full=1-3 rcu_nocbs=1-3"
LOG = "boot-loader.log"


class WithGrub(ScriptTestCase):
    """Debian and Ubuntu."""

    def test_extends_the_kernels_command_line(self) -> None:
        self.run_well("natto-isolate-cores", "1-3")
        line = f'GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX {ARGUMENTS}"'
        self.assertIn(line, self.machine.read(DROP_IN))
        self.assertEqual(self.machine.read(LOG), "update-grub")

    def test_a_second_run_changes_nothing(self) -> None:
        self.run_well("natto-isolate-cores", "1-3")
        self.assert_changes_nothing("natto-isolate-cores", "1-3")

    def test_other_cores_replace_them(self) -> None:
        self.run_well("natto-isolate-cores", "1-3")
        self.run_well("natto-isolate-cores", "1,2")
        self.assertIn("nohz_full=1,2 ", self.machine.read(DROP_IN))
        self.assertNotIn("1-3", self.machine.read(DROP_IN))

    def test_a_dry_run_changes_nothing(self) -> None:
        output = self.assert_changes_nothing("natto-isolate-cores", "--dry-run", "1-3")
        self.assertIn("+ update-grub", output)

    def test_undo_brings_back_what_was(self) -> None:
        before = self.machine.snapshot()
        self.run_well("natto-isolate-cores", "1-3")
        self.run_well("natto-isolate-cores", "--undo")
        self.assertEqual(self.machine.read(LOG), "update-grub\nupdate-grub")
        (self.machine.root / LOG).unlink()
        self.assertEqual(self.machine.snapshot(), before)
        self.assert_changes_nothing("natto-isolate-cores", "--undo")

    def test_a_boot_loader_that_fails_leaves_what_was(self) -> None:
        works = self.machine.read("bin/update-grub")
        for before, words in (([], ["1-3"]), (["1-3"], ["1"]), (["1-3"], ["--undo"])):
            with self.subTest(words):
                if before:
                    self.run_well("natto-isolate-cores", *before)
                self.machine.write("bin/update-grub", "#!/bin/sh\nexit 1")
                files = self.machine.snapshot()
                error = self.run_badly(SYSTEM_REFUSED, "natto-isolate-cores", *words)
                self.assertIn("update-grub failed", error)
                self.assertEqual(self.machine.snapshot(), files)
                self.machine.write("bin/update-grub", works)
                self.run_well("natto-isolate-cores", *words)
                self.assertNotEqual(self.machine.snapshot(), files)

    def test_cores_that_cannot_be_isolated(self) -> None:
        for cores in ("0-3", "4", "1-9"):
            with self.subTest(cores):
                self.run_badly(INPUT_WRONG, "natto-isolate-cores", cores)
                self.assertEqual(self.machine.read(DROP_IN), "")

    def test_what_is_no_list_of_cores(self) -> None:
        for words in (["three"], ["3-1"], ["1;reboot"], ["1", "2"], []):
            with self.subTest(words):
                self.run_badly(USAGE, "natto-isolate-cores", *words)

    def test_nobody_but_root(self) -> None:
        self.assert_needs_root("natto-isolate-cores", "1-3")


class WithGrubby(ScriptTestCase):
    """Amazon Linux."""

    def setUp(self) -> None:
        super().setUp()
        (self.machine.root / "etc/default/grub.d").rmdir()

    def log(self) -> list[str]:
        return self.machine.read(LOG).splitlines()

    def test_extends_the_kernels_command_line_once(self) -> None:
        self.run_well("natto-isolate-cores", "1-3")
        self.assertEqual(self.log(), [f"--update-kernel=ALL --args={ARGUMENTS}"])
        self.assert_changes_nothing("natto-isolate-cores", "1-3")

    def test_other_cores_replace_them(self) -> None:
        self.run_well("natto-isolate-cores", "1-3")
        self.run_well("natto-isolate-cores", "1")
        self.assertEqual(self.log()[1], f"--update-kernel=ALL --remove-args={ARGUMENTS}")
        self.assertIn("nohz_full=1 ", self.log()[2])

    def test_undo_removes_what_was_added(self) -> None:
        before = self.machine.snapshot()
        self.run_well("natto-isolate-cores", "1-3")
        self.run_well("natto-isolate-cores", "--undo")
        self.assertEqual(self.log()[-1], f"--update-kernel=ALL --remove-args={ARGUMENTS}")
        (self.machine.root / LOG).unlink()
        self.assertEqual(self.machine.snapshot(), before)
        self.assert_changes_nothing("natto-isolate-cores", "--undo")

    def refuse(self, option: str) -> str:
        """Of grubby's options. What the program said before."""
        works = self.machine.read("bin/grubby")
        self.machine.write("bin/grubby", f'{works}\n[[ $* != *" --{option}="* ]]')
        return works

    def test_cores_that_grubby_refused_are_not_taken_for_isolated(self) -> None:
        self.run_well("natto-isolate-cores", "1-3")
        works = self.refuse("args")
        error = self.run_badly(SYSTEM_REFUSED, "natto-isolate-cores", "1")
        self.assertIn("grubby failed", error)
        self.machine.write("bin/grubby", works)
        self.run_well("natto-isolate-cores", "1-3")
        self.assertEqual(self.log()[-1], f"--update-kernel=ALL --args={ARGUMENTS}")

    def test_an_undo_that_grubby_refused_can_be_repeated(self) -> None:
        self.run_well("natto-isolate-cores", "1-3")
        works = self.refuse("remove-args")
        self.run_badly(SYSTEM_REFUSED, "natto-isolate-cores", "--undo")
        self.machine.write("bin/grubby", works)
        told = len(self.log())
        self.run_well("natto-isolate-cores", "--undo")
        self.assertEqual(len(self.log()), told + 1)

    def test_without_a_boot_loader_it_says_what_to_add(self) -> None:
        (self.machine.root / "bin/grubby").unlink()
        error = self.run_badly(SYSTEM_REFUSED, "natto-isolate-cores", "1-3")
        self.assertIn(ARGUMENTS, error)
