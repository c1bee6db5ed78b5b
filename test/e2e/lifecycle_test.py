"""How natto starts, refuses to start, and stops."""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lab import real_case
from lab.appliance import Appliance
from lab.command import run
from lab.config import Port
from lab.lab import Lab
from lab.real_case import RealCase
from lab.traffic import connect, listen, ping

INPUT_WRONG, SYSTEM_REFUSED = 1, 3


def test_stops_cleanly_on_either_signal(lab, case, config) -> None:
    for how in (signal.SIGINT, signal.SIGTERM):
        lab.start_natto(config, case.natto).stop(how)


def test_stops_under_load_with_counters_that_add_up(case, natto) -> None:
    with (
        listen(case.b, 5001) as listener,
        connect(case.a, (real_case.B_MAPPED, 5001)) as sender,
    ):
        receiver, _ = listener.accept()
        with receiver:
            sender.settimeout(0.5)
            receiver.settimeout(0.5)
            for _ in range(200):
                sender.sendall(b"x" * 50_000)
                receiver.recv(1 << 20)
            summary = natto.stop()  # with packets on their way
    assert summary.translated > 200


def test_a_connection_survives_a_restart(lab, case, config, natto) -> None:
    data = os.urandom(100_000)
    with (
        listen(case.b, 5001) as listener,
        connect(case.a, (real_case.B_MAPPED, 5001)) as sender,
    ):
        receiver, _ = listener.accept()
        with receiver:
            natto.stop()
            lab.start_natto(config, case.natto)
            sender.sendall(data)
            sender.close()
            with receiver.makefile("rb") as stream:
                received = stream.read()
    assert hashlib.sha256(received).digest() == hashlib.sha256(data).digest()


@pytest.fixture
def launch(lab: Lab, case: RealCase) -> Callable[[Path], Appliance]:
    """Starts a natto that may fail."""
    return lambda config: lab.launch_natto(config, case.natto)


def test_a_device_that_is_not_there_is_named(lab, launch) -> None:
    port = Port("middle", "no-such-if", "10.33.1.124/28", "10.33.1.113")
    natto = launch(lab.write_config([port], real_case.MAPPINGS))
    assert natto.wait() == SYSTEM_REFUSED
    assert "realm middle" in natto.log()
    assert "there is no interface no-such-if" in natto.log()
    assert "not permitted" not in natto.log()


def test_a_typing_error_in_the_driver_is_corrected(config, launch) -> None:
    config.write_text(config.read_text().replace("net_af_packet", "net_af_pakcet"))
    natto = launch(config)
    assert natto.wait() == SYSTEM_REFUSED
    assert "there is no driver net_af_pakcet: is it net_af_packet?" in natto.log()


@pytest.fixture
def without_af_packet(world: None) -> Iterator[None]:
    """DPDK has all its drivers but that of af_packet."""
    (folder,) = Path("/usr/lib").glob("*/dpdk/pmds-*")
    drivers = [path for path in folder.iterdir() if "net_af_packet" not in path.name]
    with tempfile.TemporaryDirectory() as copy:
        for driver in drivers:
            shutil.copy(driver, copy, follow_symlinks=False)
        run("mount", "--bind", copy, str(folder))
        yield
        run("umount", str(folder))


def test_a_driver_that_is_not_installed_is_named_by_its_package(
    without_af_packet, config, launch
) -> None:
    natto = launch(config)
    assert natto.wait() == SYSTEM_REFUSED
    assert re.search(r"is not installed: apt install librte-net-af-packet\d+\n", natto.log())


# Two of them.


@pytest.fixture
def other_socket(config: Path, table: Path) -> Path:
    """The same natto.toml, with a socket of its own."""
    other = config.with_name("other.toml")
    other.write_text(config.read_text() + '[api]\nsocket = "/run/natto/other.sock"\n')
    return other


def test_a_device_in_use_is_refused_with_its_process(lab, case, launch, natto, other_socket) -> None:
    second = launch(other_socket)
    assert second.wait() == SYSTEM_REFUSED
    assert re.search(rf"another natto has the device eth0@\d+: pid {natto.pid}, .* run ", second.log())
    assert ping(case.a, real_case.B_MAPPED).answered == 3
    natto.kill()
    natto.ended = True
    lab.start_natto(other_socket, case.natto)


def test_a_bench_beside_natto_is_refused(case, binary, config, natto) -> None:
    words = case.natto.inside(str(binary), "bench", "-c", str(config), "--seconds", "0.1")
    bench = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert bench.returncode == SYSTEM_REFUSED
    assert f"another natto has the device eth0@" in bench.stderr
    assert f"pid {natto.pid}, " in bench.stderr
    assert natto.stop().contradictions() == []


# Where there is no room.


@pytest.fixture
def full(world: None) -> Iterator[Callable[[str, int], None]]:
    """full(FOLDER, COUNT) is a file system at FOLDER with room for COUNT files and folders."""
    mounted = []

    def mount(folder: str, count: int) -> None:
        Path(folder).mkdir(parents=True, exist_ok=True)
        # The file system's own folder counts.
        options = f"mode=755,nr_inodes={count + 1}"
        how = f"remount,{options}" if folder in mounted else options
        run("mount", "-t", "tmpfs", "-o", how, "full", folder)
        mounted.append(folder)

    yield mount
    for folder in set(mounted):
        run("umount", "--lazy", folder)


def test_without_room_for_its_socket_it_forwards_and_tries_again(
    lab, case, config, launch, full
) -> None:
    full("/run/natto", 0)
    natto = launch(config)
    natto.wait_until_ready()
    assert re.search(
        "natto: no socket: .*: No space left on device; natto forwards, but cannot be managed: "
        "another try in 10 s\n",
        natto.log(),
    )
    assert ping(case.a, real_case.B_MAPPED).answered == 3
    full("/run/natto", 10)
    natto.wait_until_it_says("natto: answers at")
    assert natto.ask("table")["version"] == 1


@pytest.mark.parametrize("room", [0, 1])
def test_without_room_for_telemetry_it_forwards(case, config, launch, full, room: int) -> None:
    full("/run/dpdk", room)
    natto = launch(config)
    natto.wait_until_ready()
    assert "natto: no telemetry until the next start: " in natto.log()
    assert ping(case.a, real_case.B_MAPPED).answered == 3
    assert natto.ask("table")["version"] == 1


def test_what_a_killed_natto_left_for_telemetry_is_removed(lab, case, config, natto) -> None:
    left = Path(f"/run/dpdk/natto-{natto.pid}")
    other = Path("/run/dpdk/rte")
    other.mkdir()
    natto.kill()
    natto.ended = True
    assert left.is_dir()
    natto = lab.start_natto(config, case.natto)
    assert not left.exists()
    assert Path(f"/run/dpdk/natto-{natto.pid}").is_dir()
    assert other.is_dir()


def test_more_workers_than_queues_are_refused(lab, launch) -> None:
    config = lab.write_config(real_case.PORTS, real_case.MAPPINGS, workers=2)
    config.write_text(config.read_text().replace(",qpairs=2", ""))
    natto = launch(config)
    assert natto.wait() == SYSTEM_REFUSED
    assert "1 queue pair" in natto.log()


def test_a_wrong_table_is_refused_before_any_device_is_touched(lab, launch) -> None:
    mappings = [real_case.MAPPINGS[0], real_case.MAPPINGS[0]]
    port = Port("middle", "no-such-if", "10.33.1.124/28", "10.33.1.113")
    natto = launch(lab.write_config([port], mappings))
    assert natto.wait() == INPUT_WRONG
    assert re.search(r"mappings\.toml:\d+:\d+: ", natto.log())


def test_a_missing_config_is_named(launch) -> None:
    natto = launch(Path("/nowhere/natto.toml"))
    assert natto.wait() == INPUT_WRONG
    assert "/nowhere/natto.toml" in natto.log()


def test_starts_after_a_refusal(lab, case, config, launch) -> None:
    bad = lab.write_config([Port("middle", "no-such-if", "10.33.1.124/28")], [])
    launch(bad).wait()
    lab.start_natto(config, case.natto)
    assert ping(case.a, real_case.B_MAPPED).answered == 3
