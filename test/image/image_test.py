"""The image: what is in it, and every `docker` line of doc/install.md, run word by word."""

import functools
import hashlib
import os
import re
import subprocess
import tarfile
import unittest
from pathlib import Path

from demo_replay import after, before, ping_both_ways, udp_both_ways
from documented import documented
from engine import ARCHIVE, engine
from lab import real_case
from lab.config import Mapping, Port, mappings_toml, natto_toml
from lab.lab import Lab
from lab.namespace import Namespace
from lab.real_case import A_MAPPED, B_MAPPED
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


@functools.cache
def contents() -> tuple[Path, list[tarfile.TarInfo]]:
    """The image's files, in a folder, and what is known of each."""
    root = engine().folder / "root"
    engine().run("docker create --name contents natto; docker export --output root.tar contents")
    with tarfile.open(engine().folder / "root.tar") as tar:
        tar.extractall(root)
        return root, tar.getmembers()


def write_config(ports: list[Port], mappings: list[Mapping]) -> Path:
    """A folder with both files, as /etc/natto has them."""
    folder = engine().folder / "etc"
    folder.mkdir(exist_ok=True)
    (folder / "natto.toml").write_text(natto_toml(ports, Path("mappings.toml"), 1, {}))
    (folder / "mappings.toml").write_text(mappings_toml(mappings))
    return folder


def follow(*words: str, where: Namespace | None = None, status: int = 0) -> str:
    """What a line of the page prints, with that folder for the machine's /etc/natto."""
    line = documented(*words).replace("-v /etc/natto:", f"-v {engine().folder}/etc:")
    return engine().run(line, where, status)


class Contents(unittest.TestCase):
    def setUp(self) -> None:
        self.root, self.members = contents()

    def test_is_small(self) -> None:
        self.assertLess(sum(member.size for member in self.members), MOST_BYTES)

    def test_has_neither_shell_nor_rights_to_give(self) -> None:
        programs = {path.name for folder in ("bin", "sbin") for path in (self.root / "usr" / folder).iterdir()}
        # base-files depends on mawk.
        self.assertEqual(programs, {"mawk", "natto"})
        self.assertEqual([member.name for member in self.members if member.isfile() and member.mode & 0o6000], [])

    def test_names_its_packages_and_brings_their_licenses(self) -> None:
        query = ["dpkg-query", f"--admindir={self.root}/var/lib/dpkg", "--show", "--showformat=${Package}\n"]
        packages = subprocess.run(query, capture_output=True, text=True, check=True).stdout.split()
        compiled_in = {"libcli11-dev", "libtoml11-dev", "nlohmann-json3-dev"}
        self.assertLessEqual({"libc6", "librte-eal25"} | compiled_in, set(packages))
        licenses = [self.root / "usr/share/doc" / package / "copyright" for package in packages]
        self.assertEqual([str(file) for file in licenses if not file.is_file()], [])

    def test_is_labelled_with_its_version(self) -> None:
        label = '{{index .Config.Labels "org.opencontainers.image.version"}}'
        labelled = engine().run(f"docker image inspect --format '{label}' natto")
        self.assertEqual(engine().run("docker run --rm natto --version"), f"natto {labelled}")

    def test_docker_finds_the_same_image_in_the_archive(self) -> None:
        of_oci = engine().run("docker image inspect --format '{{.Id}}' natto").strip()
        of_docker = engine().run(f"docker pull --quiet docker-archive:{ARCHIVE}").strip()
        self.assertEqual(of_docker, of_oci)


class Lines(unittest.TestCase):
    def test_explain_shows_the_case(self) -> None:
        told = follow("docker run", "explain 10.32.1.157")
        self.assertIn("10.33.1.145 -> 10.34.1.125", told)

    def test_replay_has_no_rights_and_translates(self) -> None:
        work = write_config(real_case.PORTS, real_case.MAPPINGS)
        os.chown(work, NOBODY, NOBODY)
        sent = [*ping_both_ways(), *udp_both_ways()]
        wrpcap(str(work / "in.pcap"), [before(number, *packet) for number, packet in enumerate(sent)])
        line = documented("docker run", "replay -c natto.toml")
        # As a user who is not root would give it.
        engine().run(f"id() {{ echo {NOBODY}; }}; cd {work}; {line}")
        expected = [bytes(after(number, *packet)) for number, packet in enumerate(sent)]
        self.assertEqual([bytes(packet) for packet in rdpcap(str(work / "out.pcap"))], expected)
        self.assertEqual((work / "out.pcap").stat().st_uid, NOBODY)

    def test_check(self) -> None:
        folder = write_config(real_case.PORTS, real_case.MAPPINGS)
        self.assertIn("ok: 1 port(s), 2 mapping(s)", follow("docker run", "natto check"))
        (folder / "mappings.toml").write_text("[[mapping]]\nname = 3\n")
        follow("docker run", "natto check", status=1)

    def test_doctor(self) -> None:
        write_config(real_case.PORTS, real_case.MAPPINGS)
        self.assertRegex(follow("docker run", "natto doctor"), r"\d+ ok, \d+ warning, 0 wrong")

    def test_the_host_takes_its_scripts_out(self) -> None:
        host = engine().folder / "host"
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
            engine().run(re.sub(" (?=/(etc|usr)/)", f" {host}", documented(*words)))
        self.assertIn("[[port]]", (host / "etc/natto/natto.toml").read_text())
        unit = (host / "etc/systemd/system/natto-bind.service").read_text()
        self.assertIn("ExecStart=natto-bind --saved", unit)
        for script in ("natto-bind", "natto-hugepages", "natto-isolate-cores"):
            self.assertIn(script, engine().run(f"{host}/usr/local/sbin/{script} --help"))


class Appliance(unittest.TestCase):
    """The case natto was made for, between namespaces; natto in a container in one of them."""

    def setUp(self) -> None:
        self.lab = Lab(Path("natto"))
        self.addCleanup(self.lab.close)
        self.case = real_case.build(self.lab)
        write_config(real_case.PORTS, real_case.MAPPINGS)

    def test_both_companies_talk_and_see_only_mapped_addresses(self) -> None:
        follow("docker run -d", "NET_RAW", where=self.case.natto)
        self.addCleanup(engine().run, "docker rm --force natto")
        engine().run(UNTIL_READY)
        data = os.urandom(1_000_000)
        for client, server, client_address, server_address in (
            (self.case.a, self.case.b, A_MAPPED, B_MAPPED),
            (self.case.b, self.case.a, B_MAPPED, A_MAPPED),
        ):
            self.assertEqual(ping(client, server_address).answered, 3)
            transfer = tcp_transfer(client, server, (server_address, 5001), data)
            self.assertEqual(transfer.client_address, client_address)
            self.assertEqual(transfer.sha256, hashlib.sha256(data).hexdigest())
            talk = udp_exchange(client, server, (server_address, 5002), [b"", b"udp", b"x" * 1472])
            self.assertEqual((talk.exchanged, talk.client_address), (3, client_address))
        self.assertIn("company-a", follow("docker exec", "show mappings"))
        self.assertIn("0 added, 0 removed, 0 changed", follow("docker exec", "reload"))
        follow("docker stop")
        self.assertRegex(engine().run("docker logs natto"), r"\n  dropped +0\n")
        self.assertEqual(engine().run("docker inspect --format '{{.State.ExitCode}}' natto").strip(), "0")
