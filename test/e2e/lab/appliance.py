"""`natto run` in a namespace."""

import signal
from pathlib import Path

from . import api
from .namespace import Namespace
from .process import Process
from .summary import Summary, parse


class Appliance:
    """A running natto. Made by Lab.natto()."""

    def __init__(
        self,
        program: list[str],
        config: Path,
        where: Namespace,
        output: Path,
        log: Path | None = None,
    ) -> None:
        """`program` is the words that start natto; `log` is where its standard error goes, if not
        to a file beside its output.
        """
        self.config = config
        words = where.inside(*program, "run", "--json", "-c", str(config))
        self._process = Process(words, output, log)
        self.ended = False

    def wait_until_ready(self) -> None:
        self.wait_until_it_says("natto: ready")

    def wait_until_it_says(self, what: str) -> None:
        self._process.wait_until_it_says(what)

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, request: str, **members: object) -> dict:
        """What it reports, or its error."""
        return api.ask(request, api.socket_of(self.config), **members)

    def send(self, which: signal.Signals) -> None:
        self._process.send(which)

    def log(self) -> str:
        """What it has logged so far."""
        return self._process.errors()

    def wait(self) -> int:
        """Its exit status, once it has ended by itself."""
        self.ended = True
        return self._process.wait()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> Summary:
        """Stop it and return its counters; raise if it fails or its counters contradict."""
        self.ended = True
        status = self._process.stop(how)
        if status != 0:
            raise RuntimeError(f"natto ended with exit status {status}:\n{self.log()}")
        summary = parse(self._process.out_file.read_text())
        if wrong := summary.contradictions():
            raise RuntimeError("natto's counters contradict each other: " + "; ".join(wrong))
        return summary

    def kill(self) -> None:
        """End it at once, if it still runs."""
        self._process.kill()
