"""The border that the tests have in common, and the programs that they start."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from border import Border
from lab import real_case
from lab.command import CommandFailed
from lab.lab import Lab
from lab.namespace import Namespace
from lab.process import Process


@pytest.fixture(scope="session")
def border(binary: Path, world: None) -> Iterator[Border]:
    """Both companies, for all tests; natto's counters must not contradict each other at the end."""
    with Lab(binary) as lab:
        case = real_case.build(lab)
        config = lab.write_config(real_case.PORTS, real_case.MAPPINGS)
        lab.start_natto(config, case.natto)
        yield Border(lab, binary, case.a, case.b, case.natto, config)
        lab.stop()


@pytest.fixture
def start(border: Border) -> Iterator[Callable[..., Process]]:
    """start(host, "tcp", 21, "vsftpd", …) runs a server until the test ends, and waits until it serves the port."""
    servers: list[Process] = []

    def run(where: Namespace, protocol: str, port: int, *words: str) -> Process:
        server = Process(where.inside(*words), border.file(words[0]))
        servers.append(server)
        server.wait_until(lambda: where.listens(protocol, port), f"serve {protocol} port {port}")
        return server

    yield run
    for server in servers:
        server.kill()


@pytest.fixture
def fails() -> Callable[..., str]:
    """fails(host, "curl", …): what that command said when it failed, as it must."""

    def run(where: Namespace, *words: str) -> str:
        with pytest.raises(CommandFailed) as failure:
            where.run(*words)
        return str(failure.value)

    return run
