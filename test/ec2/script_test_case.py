"""What the tests of every script have in common: a machine of their own."""

import os
import subprocess
import unittest

from machine import SCRIPTS, Machine

INPUT_WRONG, USAGE, SYSTEM_REFUSED = 1, 2, 3
NOBODY = 65534


class ScriptTestCase(unittest.TestCase):
    def setUp(self) -> None:
        self.machine = Machine()
        self.addCleanup(self.machine.close)

    def run_well(self, script: str, *words: str) -> str:
        """What it prints on standard output."""
        run = self.machine.run(script, *words)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertEqual(run.stderr, "")
        return run.stdout

    def run_badly(self, status: int, script: str, *words: str) -> str:
        """What it prints on standard error."""
        run = self.machine.run(script, *words)
        self.assertEqual(run.returncode, status, run.stdout + run.stderr)
        return run.stderr

    def assert_changes_nothing(self, script: str, *words: str) -> str:
        files, written = self.machine.snapshot(), list(self.machine.written)
        output = self.run_well(script, *words)
        self.assertEqual(self.machine.snapshot(), files)
        self.assertEqual(self.machine.written, written)
        return output

    def assert_needs_root(self, script: str, *words: str) -> None:
        """On this machine, not on the made-up one: as nobody, who could change nothing."""
        environment = {name: text for name, text in os.environ.items() if name != "NATTO_ROOT"}
        who = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        try:
            run = subprocess.run(
                [SCRIPTS / script, *words], env=environment, capture_output=True, text=True, **who
            )
        except PermissionError:
            self.skipTest("nobody may not read the scripts' folder")
        self.assertEqual(run.returncode, SYSTEM_REFUSED, run.stdout + run.stderr)
        self.assertIn("only root may do this", run.stderr)
