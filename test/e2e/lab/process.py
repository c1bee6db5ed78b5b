"""Programs that the lab starts: their output is kept, and none outlives the lab."""

import logging
import shlex
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

LOG = logging.getLogger("lab")


class Process:
    """A running program. Its output goes to files, so that it never waits for a reader."""

    def __init__(self, words: list[str], output: Path, log: Path | None = None) -> None:
        """`output` with `.out` and `.err` appended are the files; `log` replaces the latter."""
        LOG.info("%s &", shlex.join(words))
        self.name = output.name
        self.out_file = output.with_name(output.name + ".out")
        self.err_file = log or output.with_name(output.name + ".err")
        with self.out_file.open("wb") as out, self.err_file.open("wb") as err:
            # If this process dies without a chance to clean up, the kernel ends its children.
            self._popen = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", *words],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )

    def errors(self) -> str:
        """What it has written on standard error so far."""
        return self.err_file.read_text(errors="replace") if self.err_file.is_file() else ""

    @property
    def pid(self) -> int:
        return self._popen.pid

    def running(self) -> bool:
        return self._popen.poll() is None

    def wait_until_it_says(self, text: str, seconds: float = 30) -> None:
        """Wait until it has written `text` on standard error."""
        self.wait_until(lambda: text in self.errors(), f"say '{text}'", seconds)

    def wait_until(self, holds: Callable[[], bool], what: str, seconds: float = 30) -> None:
        """Wait until it has done `what`, which is so if `holds`."""
        deadline = time.monotonic() + seconds
        while not holds():
            if not self.running():
                raise RuntimeError(f"{self.name} ended and did not {what}:\n{self.errors()}")
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.name} did not {what} within {seconds} s")
            time.sleep(0.01)

    def wait(self, seconds: float = 30) -> int:
        """Its exit status; negative if a signal ended it."""
        return self._popen.wait(seconds)

    def send(self, which: signal.Signals) -> None:
        self._popen.send_signal(which)

    def stop(self, how: signal.Signals, seconds: float = 30) -> int:
        """Send it a signal and return its exit status."""
        self.send(how)
        return self.wait(seconds)

    def kill(self) -> None:
        """End it at once, if it still runs."""
        self._popen.kill()
        self._popen.wait()
