"""`natto export`, and the way back: `natto import` of what it prints gives the same table.

The same: mappings with their names, and a policy by which the same hosts may open the same to each other.
"""

import itertools
import subprocess
import tomllib
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from types import SimpleNamespace

import pytest
from policy import Host, Policy
from rule_corpus import CASES, CORPUS, INPUT_WRONG, expected_of, natto_toml, run_import


ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = {"one-arm": ROOT / "conf" / "natto.toml", "two-arm": ROOT / "conf" / "two-arm" / "natto.toml"}
USAGE = 2
POLICY = """
[policy]
default = "deny"
answer = "drop"

[[allow]]
name = "orders"
from = "a-offices"
to = ["b-orders", "company-b:10.34.0.16/29"]
protocol = ["tcp", "udp"]
ports = [443, "8000-8099", 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27]

[[allow]]
name = "any-port"
from = "realm:company-b"
to = "10.32.8.128/25"
ports = "5000-5010"

[[allow]]
name = "both"
between = ["a-app", "b-orders"]

[[allow]]
name = "ping"
from = ["realm:company-a", "realm:company-b"]
to = ["a-app", "b-net"]
protocol = ["icmp", 50]
"""
MAPPINGS = """
[[mapping]]
name = "a-app"
realm = "company-a"
real = "10.32.1.157"
mapped = "10.33.1.145"

[[mapping]]
name = "a-offices"
realm = "company-a"
real = "10.32.8.0/24"
mapped = "10.33.8.0/24"

[[mapping]]
name = "b-orders"
realm = "company-b"
real = "10.34.1.125"
mapped = "10.33.1.151"

[[mapping]]
name = "b-net"
realm = "company-b"
real = "10.34.0.0/27"
mapped = "10.33.2.0/27"

[[mapping]]
name = "b-stays"
realm = "company-b"
real = "10.35.0.1"
mapped = "10.35.0.1"
"""


def run(*words: str | Path, status: int = 0) -> subprocess.CompletedProcess:
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert done.returncode == status, done.stdout + done.stderr
    return done


@pytest.fixture
def with_policy(tmp_path: Path) -> Path:
    (tmp_path / "mappings.toml").write_text(MAPPINGS + POLICY)
    config = tmp_path / "natto.toml"
    config.write_text(natto_toml(["company-a", "company-b"]))
    return config


@dataclass
class Table:
    """A file of mappings, and whom it lets talk."""

    realms: list[str]
    content: dict

    def __post_init__(self) -> None:
        self.mappings = self.content.get("mapping", [])
        self.ends = [
            SimpleNamespace(realm=self.realms.index(m.get("realm", self.realms[0])), real=IPv4Network(m["real"]))
            for m in self.mappings
        ]
        self._policy = Policy(self.content, self.realms, self.ends)

    def set_of_mappings(self, names: bool = True) -> set:
        return {(m["name"] if names else "", e.realm, m["real"], m["mapped"]) for m, e in zip(self.mappings, self.ends)}

    def cuts(self) -> list[tuple[int, IPv4Network]]:
        """Where a rule or a mapping begins or ends."""
        sides = [side for rule in self._policy.rules for way in rule.ways for side in way]
        return [network for side in sides for network in side.networks] + [(e.realm, e.real) for e in self.ends]

    def ports(self) -> set[int]:
        return {port for rule in self._policy.rules for ports in rule.ports for port in (ports.start, ports.stop - 1)}

    def opens(self, source: Host, destination: Host, protocol: int, port: int) -> bool:
        first = {6: b"\0\0%b\0\0\0\0\0\0\0\0\x50\2", 1: b"\x08\0%b"}.get(protocol, b"\xff\xfe%b\0\x08\0\0")
        payload = first % port.to_bytes(2)
        packet = SimpleNamespace(protocol=protocol, payload=payload, offset=0, more_fragments=False)
        return self._policy.refusal(source, destination, packet) is None


def hosts_of(tables: list[Table]) -> list[Host]:
    """One or more of each part that any rule of any table tells apart."""
    cuts = {(realm, at) for t in tables for realm, n in t.cuts() for at in (n[0], n[-1])}
    found = set()
    for end in tables[0].ends:
        inside = {at for realm, at in cuts if realm == end.realm and at in end.real}
        found |= {Host(end.realm, at) for at in inside | {end.real[0], end.real[-1]}}
    return sorted(found, key=lambda host: (host.realm, host.real))


def overlapping(table: Table) -> set[Host]:
    both = [
        n for n in itertools.combinations(table.ends, 2) if n[0].realm != n[1].realm and n[0].real.overlaps(n[1].real)
    ]
    return {end.real for pair in both for end in pair}


def check_same_policy(before: Table, after: Table) -> int:
    """Rules cannot tell who of several realms sends back to its own, so nobody asks them that."""
    ports = {0} | {p for t in (before, after) for at in t.ports() for p in (at - 1, at, at + 1) if 0 <= p <= 65535}
    apart = overlapping(before)
    opened = 0
    for source, destination in itertools.permutations(hosts_of([before, after]), 2):
        shared = any(source.real in n or destination.real in n for n in apart)
        if source.realm == destination.realm and shared:
            continue
        for protocol in (1, 6, 17, 47, 50, 132):
            for port in ports if protocol in (6, 17, 132) else (0,):
                was, is_now = (t.opens(source, destination, protocol, port) for t in (before, after))
                assert was == is_now, f"{source} to {destination}: protocol {protocol}, port {port}"
                opened += was
    return opened


def there_and_back(binary: Path, config: Path, form: str) -> tuple[Table, Table]:
    files = tomllib.loads(config.read_text())
    realms = [port["realm"] for port in files["port"]]
    exported = run(binary, "export", "-c", config, "--to", form).stdout
    done = subprocess.run([binary, "import", "-"], input=exported, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    table = tomllib.loads((config.parent / files["table"]["file"]).read_text())
    return Table(realms, table), Table(realms, tomllib.loads(done.stdout))


def check_way_back(binary: Path, config: Path, form: str) -> None:
    before, after = there_and_back(binary, config, form)
    names = form != "tgw"
    assert after.set_of_mappings(names) == before.set_of_mappings(names)
    if form in ("nft", "iptables"):
        assert check_same_policy(before, after) > 0
    else:
        assert "policy" not in after.content


@pytest.mark.parametrize("form", ["iptables", "nft", "csv", "tgw"])
@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_come_back(binary: Path, example: str, form: str) -> None:
    check_way_back(binary, EXAMPLES[example], form)


@pytest.mark.parametrize("form", ["iptables", "nft", "csv", "tgw"])
def test_a_policy_comes_back(binary: Path, with_policy: Path, form: str) -> None:
    check_way_back(binary, with_policy, form)


@pytest.mark.parametrize("case", [case for case in CASES if expected_of(case).status != INPUT_WRONG])
def test_the_corpus_comes_back(binary: Path, case: str, tmp_path: Path) -> None:
    expected = expected_of(case)
    table = run_import(binary, CORPUS / f"{case}.rules", expected.options).stdout
    (tmp_path / "mappings.toml").write_text(table)
    content = tomllib.loads(table)
    realms = sorted({m["realm"] for m in content["mapping"] if "realm" in m}) or ["only"]
    config = tmp_path / "natto.toml"
    config.write_text(natto_toml(realms))
    for form in ("iptables", "nft", "csv", "tgw"):
        if content["mapping"] and (content.get("allow") or not expected.policy):
            check_way_back(binary, config, form)
        else:
            exported = run(binary, "export", "-c", config, "--to", form).stdout
            assert exported, "nothing may talk: there is nothing to compare"


def test_options_that_do_not_fit_are_told(binary: Path, with_policy: Path) -> None:
    export = (binary, "export", "-c", with_policy)
    for words, text in (
        (("--to", "nft", "--realm", "company-a"), "--realm: rules are about all realms"),
        (("--to", "csv", "--domain", "b.example"), "--domain: only"),
        (("--to", "csv", "--shard", "1/2"), "--shard: only --to aws"),
        (("--to", "aws", "--shard", "3/2"), "N of M"),
        (("--to", "hosts", "--domain", "b_b"), "no name in the DNS"),
        (("--to", "hosts", "--interface", "company-a=eth0"), "--interface: only rules"),
        (("--to", "iptables", "--interface", "eth0"), "REALM=INTERFACE"),
        (("--to", "elsewhere"), "elsewhere not in"),
    ):
        assert text in run(*export, *words, status=USAGE).stderr
    assert "a zone has a name" in run(*export, "--to", "route53", status=INPUT_WRONG).stderr
    assert "no realm nowhere" in run(*export, "--to", "csv", "--realm", "nowhere", status=INPUT_WRONG).stderr


def test_what_a_format_cannot_say_is_told(binary: Path, with_policy: Path) -> None:
    limit = '\n[[limit]]\nname = "all of b"\nfrom = "realm:company-b"\npackets_per_second = 500\n'
    table = with_policy.parent / "mappings.toml"
    table.write_text(table.read_text() + limit)
    for form in ("iptables", "nft"):
        done = run(binary, "export", "-c", with_policy, "--to", form)
        for text in (done.stdout, done.stderr):
            assert "limit all of b: realm:company-b -> everybody: 500 packets/s, burst 10 ms" in text
    assert "the policy is not in it" in run(binary, "export", "-c", with_policy, "--to", "csv").stderr
