"""One of scripts/ec2, tried on a made-up machine."""

import os
import subprocess

import pytest
from machine import SCRIPTS, Machine

INPUT_WRONG, USAGE, SYSTEM_REFUSED = 1, 2, 3
NOBODY = 65534


class Script:
    def __init__(self, machine: Machine, name: str) -> None:
        self._machine = machine
        self._name = name

    def succeeds(self, *words: str) -> str:
        """What it prints on standard output."""
        run = self._machine.run(self._name, *words)
        assert run.returncode == 0, run.stdout + run.stderr
        assert run.stderr == ""
        return run.stdout

    def fails(self, status: int, *words: str) -> str:
        """What it prints on standard error."""
        run = self._machine.run(self._name, *words)
        assert run.returncode == status, f"{words}:\n{run.stdout}{run.stderr}"
        return run.stderr

    def changes_nothing(self, *words: str) -> str:
        """What it prints on standard output."""
        files, written = self._machine.snapshot(), list(self._machine.written)
        output = self.succeeds(*words)
        assert self._machine.snapshot() == files
        assert self._machine.written == written
        return output

    def needs_root(self, *words: str) -> None:
        """On this machine, not on the made-up one: as nobody, who could change nothing."""
        environment = {name: text for name, text in os.environ.items() if name != "NATTO_ROOT"}
        who = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        command = [SCRIPTS / self._name, *words]
        try:
            run = subprocess.run(command, env=environment, capture_output=True, text=True, **who)
        except PermissionError:
            pytest.skip("nobody may not read the scripts' folder")
        assert run.returncode == SYSTEM_REFUSED, run.stdout + run.stderr
        assert "only root may do this" in run.stderr
