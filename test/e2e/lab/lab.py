"""One laboratory: its namespaces, its programs, and the end of them all."""

import contextlib
import itertools
import tempfile
from pathlib import Path
from types import TracebackType

from .appliance import Appliance
from .capture import FRAME_BYTES, Capture
from .config import Mapping, Port, mappings_toml, natto_toml
from .namespace import Namespace
from .process import Process


class Lab:
    """Use it in a `with` statement, in a process that has called world.enter()."""

    def __init__(self, natto: Path) -> None:
        """`natto` is the program to be tried."""
        self._program = [str(natto.resolve())]
        self._eal: list[str] = []  # options of DPDK's
        # On the world's own /run: gone with the process, whatever ends it.
        # Children of programs that were killed may still write there for a moment.
        self._directory = tempfile.TemporaryDirectory(
            prefix="lab-", dir="/run", ignore_cleanup_errors=True
        )
        self._numbers = itertools.count(1)
        self._namespaces: list[Namespace] = []
        self._captures: list[Capture] = []
        self._servers: list[Process] = []
        self._until_closed = contextlib.ExitStack()
        self.appliances: list[Appliance] = []

    def __enter__(self) -> "Lab":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def stop(self) -> None:
        """Stop every natto that still runs; raise if it fails or its counters contradict."""
        for appliance in self.appliances:
            if not appliance.ended:
                appliance.stop()

    def close(self) -> None:
        """End every program and remove everything."""
        for program in (*self.appliances, *self._servers):
            program.kill()
        self._until_closed.close()
        for capture in self._captures:
            capture.close()
        for namespace in self._namespaces:
            namespace.delete()
        self._directory.cleanup()

    def until_closed(self, what: contextlib.AbstractContextManager) -> None:
        """Enter it now, leave it when the lab ends."""
        self._until_closed.enter_context(what)

    def namespace(self, name: str) -> Namespace:
        """A new host, router or switch."""
        namespace = Namespace(name)
        self._namespaces.append(namespace)
        return namespace

    def capture(
        self,
        where: Namespace,
        interface: str,
        room: int = 1 << 14,
        frame_bytes: int = FRAME_BYTES,
    ) -> Capture:
        """Start to record what an interface sees: up to `room` frames, in `frame_bytes` each."""
        capture = Capture(where, interface, room, frame_bytes)
        self._captures.append(capture)
        return capture

    def write_config(
        self,
        ports: list[Port],
        mappings: list[Mapping] | Path,
        workers: int = 1,
        icmp: dict[str, str | int] | None = None,
        policy: str = "",
    ) -> Path:
        """A natto.toml with a table, or with the table in a file that is there.

        `icmp` are keys of the section of that name, `policy` is the text of a table's sections on it.
        """
        if isinstance(mappings, Path):
            table = mappings.resolve()
        else:
            table = self.file("mappings.toml")
            table.write_text(mappings_toml(mappings) + policy)
        config = self.file("natto.toml")
        config.write_text(natto_toml(ports, table, workers, icmp or {}, self._eal))
        return config

    def server(self, where: Namespace, protocol: str, port: int, *words: str, address: str = "") -> Process:
        """Start a program and wait until it serves a port, of that address or any; it ends with the lab at the latest."""
        server = Process(where.inside(*words), self.file("server"))
        self._servers.append(server)
        server.wait_until(lambda: where.listens(protocol, port, address), f"serve {protocol} port {port}")
        return server

    def program(self, config: Path, where: Namespace) -> list[str]:
        """The words that start natto."""
        return self._program

    def launch_natto(self, config: Path, where: Namespace, log: Path | None = None) -> Appliance:
        """Start natto, which may fail."""
        appliance = Appliance(self.program(config, where), config, where, self.file("natto"), log)
        self.appliances.append(appliance)
        return appliance

    def start_natto(self, config: Path, where: Namespace) -> Appliance:
        """Start natto and wait until it forwards packets."""
        appliance = self.launch_natto(config, where)
        appliance.wait_until_ready()
        return appliance

    def file(self, name: str) -> Path:
        """A new path in a directory that vanishes with the lab."""
        return Path(self._directory.name) / f"{next(self._numbers)}-{name}"
