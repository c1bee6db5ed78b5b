"""The image: what is in it, and every `docker` line of doc/install.md, run word by word."""

import hashlib
import json
import os
import re
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from demo_replay import after, before, ping_both_ways, udp_both_ways
from documented import documented
from engine import Engine
from lab import real_case
from lab.lab import Lab
from lab.real_case import A_MAPPED, B_MAPPED, RealCase
from lab.traffic import ping, tcp_transfer, udp_exchange
from scapy.utils import rdpcap, wrpcap

MOST_BYTES = 120_000_000
NOBODY = 65534
UNTIL_READY = """
until docker logs natto 2>&1 | grep "natto: ready"; do
  docker top natto >&2 || { docker logs natto >&2; exit 1; }
  sleep 0.1
done
"""


@pytest.fixture(scope="session")
def contents(engine: Engine) -> tuple[Path, list[tarfile.TarInfo]]:
    """The image's files, in a folder, and what is known of each."""
    root = engine.folder / "root"
    engine.run("docker create --name contents natto; docker export --output root.tar contents")
    with tarfile.open(engine.folder / "root.tar") as tar:
        tar.extractall(root)
        return root, tar.getmembers()


def test_is_small(contents) -> None:
    _, members = contents
    assert sum(member.size for member in members) < MOST_BYTES


def test_has_neither_shell_nor_rights_to_give(contents) -> None:
    root, members = contents
    programs = {path.name for folder in ("bin", "sbin") for path in (root / "usr" / folder).iterdir()}
    # base-files depends on mawk.
    assert programs == {"mawk", "natto"}
    assert [member.name for member in members if member.isfile() and member.mode & 0o6000] == []


def test_names_its_packages_and_brings_their_licenses(contents) -> None:
    root, _ = contents
    query = ["dpkg-query", f"--admindir={root}/var/lib/dpkg", "--show", "--showformat=${Package}\n"]
    packages = subprocess.run(query, capture_output=True, text=True, check=True).stdout.split()
    compiled_in = {"libcli11-dev", "libtoml11-dev", "nlohmann-json3-dev"}
    assert {"libc6", "librte-eal25"} | compiled_in <= set(packages)
    licenses = [root / "usr/share/doc" / package / "copyright" for package in packages]
    assert [str(file) for file in licenses if not file.is_file()] == []


def test_its_bill_of_materials_is_its_packages(contents, engine) -> None:
    root, _ = contents
    bill = json.loads((root / "usr/share/sbom/natto.cdx.json").read_text())
    assert (bill["bomFormat"], bill["specVersion"], bill["version"]) == ("CycloneDX", "1.5", 1)
    version = bill["metadata"]["component"]["version"]
    assert engine.run("docker run --rm natto --version").strip() == f"natto {version}"
    query = ["dpkg-query", f"--admindir={root}/var/lib/dpkg", "--show", "--showformat=${Package} ${Version}\n"]
    packages = subprocess.run(query, capture_output=True, text=True, check=True).stdout.splitlines()
    assert {f"{each['name']} {each['version']}" for each in bill["components"]} == set(packages)


def test_is_labelled_with_its_version(engine) -> None:
    label = '{{index .Config.Labels "org.opencontainers.image.version"}}'
    labelled = engine.run(f"docker image inspect --format '{label}' natto")
    assert engine.run("docker run --rm natto --version") == f"natto {labelled}"


def test_docker_finds_the_same_image_in_the_archive(engine, archive) -> None:
    of_oci = engine.run("docker image inspect --format '{{.Id}}' natto").strip()
    of_docker = engine.run(f"docker pull --quiet docker-archive:{archive}").strip()
    assert of_docker == of_oci


def test_explain_shows_the_case(engine) -> None:
    told = engine.follow("docker run", "explain 10.32.1.157")
    assert "10.33.1.145 -> 10.34.1.125" in told


def test_replay_has_no_rights_and_translates(engine) -> None:
    work = engine.write_config(real_case.PORTS, real_case.MAPPINGS)
    os.chown(work, NOBODY, NOBODY)
    sent = [*ping_both_ways(), *udp_both_ways()]
    wrpcap(str(work / "in.pcap"), [before(number, *packet) for number, packet in enumerate(sent)])
    line = documented("docker run", "replay -c natto.toml")
    # As a user who is not root would give it.
    engine.run(f"id() {{ echo {NOBODY}; }}; cd {work}; {line}")
    expected = [bytes(after(number, *packet)) for number, packet in enumerate(sent)]
    assert [bytes(packet) for packet in rdpcap(str(work / "out.pcap"))] == expected
    assert (work / "out.pcap").stat().st_uid == NOBODY


def test_check(engine) -> None:
    folder = engine.write_config(real_case.PORTS, real_case.MAPPINGS)
    assert "ok: 1 port(s), 2 mapping(s)" in engine.follow("docker run", "natto check")
    (folder / "mappings.toml").write_text("[[mapping]]\nname = 3\n")
    engine.follow("docker run", "natto check", status=1)


def test_doctor(engine) -> None:
    engine.write_config(real_case.PORTS, real_case.MAPPINGS)
    assert re.search(r"\d+ ok, \d+ warning, 0 wrong", engine.follow("docker run", "natto doctor"))


def test_the_host_takes_its_scripts_out(engine) -> None:
    host = engine.folder / "host"
    for folder in ("etc/systemd/system", "usr/local/lib", "usr/local/sbin"):
        (host / folder).mkdir(parents=True)
    for words in (
        ("docker create",),
        ("docker cp", "/etc/natto"),
        ("docker cp", "/usr/lib/natto"),
        ("docker cp", "natto-bind.service"),
        ("docker rm",),
        ("ln -s",),
    ):
        engine.run(re.sub(" (?=/(etc|usr)/)", f" {host}", documented(*words)))
    assert "[[port]]" in (host / "etc/natto/natto.toml").read_text()
    unit = (host / "etc/systemd/system/natto-bind.service").read_text()
    assert "ExecStart=natto-bind --saved" in unit
    for script in ("natto-bind", "natto-hugepages", "natto-isolate-cores"):
        assert script in engine.run(f"{host}/usr/local/sbin/{script} --help")


@pytest.fixture
def case(lab: Lab) -> RealCase:
    return real_case.build(lab)


@pytest.fixture
def running(engine: Engine, case: RealCase) -> Iterator[None]:
    """natto runs in a container, in its place between the companies."""
    engine.write_config(real_case.PORTS, real_case.MAPPINGS)
    engine.follow("docker run -d", "NET_RAW", where=case.natto)
    try:
        engine.run(UNTIL_READY)
        yield
    finally:
        engine.run("docker rm --force natto")


def test_both_companies_talk_and_see_only_mapped_addresses(engine, case, running) -> None:
    data = os.urandom(1_000_000)
    for client, server, client_address, server_address in (
        (case.a, case.b, A_MAPPED, B_MAPPED),
        (case.b, case.a, B_MAPPED, A_MAPPED),
    ):
        assert ping(client, server_address).answered == 3
        transfer = tcp_transfer(client, server, (server_address, 5001), data)
        assert transfer.client_address == client_address
        assert transfer.sha256 == hashlib.sha256(data).hexdigest()
        talk = udp_exchange(client, server, (server_address, 5002), [b"", b"udp", b"x" * 1472])
        assert (talk.exchanged, talk.client_address) == (3, client_address)
    assert "company-a" in engine.follow("docker exec", "show mappings")
    assert "0 added, 0 removed, 0 changed" in engine.follow("docker exec", "reload")
    engine.follow("docker stop")
    assert re.search(r"\n  dropped +0  ", engine.run("docker logs natto"))
    assert engine.run("docker inspect --format '{{.State.ExitCode}}' natto").strip() == "0"
