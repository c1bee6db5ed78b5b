"""Names across the border: each company's name server knows real addresses, and the other's forwarder, dnsmasq with the
lines of `natto export` and the files of conf/dnsmasq, tells its hosts the mapped ones (doc/dns.md).
"""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from lab import companies, web
from lab.companies import Company, Site
from lab.config import Mapping
from lab.lab import Lab

EXAMPLES = Path(__file__).resolve().parents[2] / "conf" / "dnsmasq"
UNMAPPED = "192.0.2.9"
NETWORKS = {"a": ("10.32.16.0/20", "10.60.16.0/20"), "b": ("10.34.16.0/20", "10.50.16.0/20")}


@dataclass(frozen=True)
class Names:
    """What a company's name server says, and what the other one's hosts are told."""

    name: str  # of the company
    real: str
    in_network: str
    company: Company
    in_network_mapped: str

    @property
    def zone(self) -> str:
        return f"{self.name}.example"

    @property
    def text(self) -> str:
        """The zone's file. `big` is longer than a datagram, so that it comes over TCP."""
        big = "\n".join(f"big A {self.in_network.rsplit('.', 1)[0]}.{i}" for i in range(1, 81))
        return (
            f"$TTL 3600\n@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\nns A {self.real}\n"
            f"web A {self.real}\nwww CNAME web\nfar A {UNMAPPED}\n"
            f"several A {self.real}\nseveral A {self.in_network}\nseveral A {UNMAPPED}\n{big}\n"
        )


@pytest.fixture
def names(lab: Lab, site: Site, cli) -> tuple[Names, Names]:
    """Everything runs: natto, and on each company's host its name server and its forwarder."""
    both = tuple(
        Names(n, f"10.{net}.1.10", f"10.{net}.16.7", company, f"10.{mapped}.16.7")
        for n, net, company, mapped in (("a", 32, site.a, 60), ("b", 34, site.b, 50))
    )
    site.mappings.extend(Mapping(f"{n}-net", n, *NETWORKS[n]) for n in NETWORKS)
    config = lab.write_config(site.ports, site.mappings)
    lab.start_natto(config, site.natto)
    for here, there in (both, both[::-1]):
        serve_zone(lab, here)
        lines = lab.file(f"names-of-{there.name}.conf")
        lines.write_text(
            cli("export", "-c", str(config), "--to", "dnsmasq", "--realm", there.name,
                "--domain", f"natto.{there.name}.example")
        )  # fmt: skip
        example = (EXAMPLES / f"company-{here.name}.conf").read_text()
        settings = lab.file("dnsmasq.conf")
        settings.write_text(example.replace(f"/etc/natto/names-of-{there.name}.conf", str(lines)))
        here.company.host.run("dnsmasq", "--test", f"--conf-file={settings}")
        lab.server(
            *(here.company.host, "udp", 53),
            *("dnsmasq", "--keep-in-foreground", f"--conf-file={settings}", "--no-resolv", "--no-hosts"),
            *("--listen-address=127.0.0.1", "--bind-interfaces", "--user=root", "--pid-file="),
            address="127.0.0.1",
        )
    return both


def serve_zone(lab: Lab, names: Names) -> None:
    """bind9 with the company's own zone."""
    folder = lab.file("bind")
    folder.mkdir()
    (folder / "zone").write_text(names.text)
    (folder / "named.conf").write_text(
        f'options {{ directory "{folder}"; pid-file none; listen-on {{ {names.real}; }};\n'
        f"  listen-on-v6 {{ none; }}; recursion no; dnssec-validation no; allow-query {{ any; }}; session-keyfile none; }};\n"
        f'controls {{ }};\nzone "{names.zone}" {{ type primary; file "zone"; }};\n'
    )
    lab.server(
        *(names.company.host, "udp", 53),
        *("named", "-f", "-n", "1", "-c", str(folder / "named.conf")),
        address=names.real,
    )


def ask(client: Company, name: str, kind: str = "A", *options: str) -> list[str]:
    """The answer's addresses or names, sorted."""
    text = client.host.run("drill", *options, kind, name, "@127.0.0.1")
    assert "rcode: NOERROR" in text, text
    answer = text.partition("ANSWER SECTION:\n")[2].partition("AUTHORITY SECTION:\n")[0]
    return sorted(re.findall(r"\tIN\t(?:A|CNAME|PTR)\t(\S+)", answer))


def with_resolver(client: Company, resolv_conf: Path, *words: str) -> str:
    """A program whose system asks the forwarder on its host."""
    script = f'mount --bind {resolv_conf} /etc/resolv.conf && exec "$@"'
    return client.host.run("unshare", "--mount", "sh", "-c", script, "-", *words)


@pytest.fixture
def topology():
    return companies.two_arm


def test_each_company_reaches_the_other_by_name(lab: Lab, names, random_file) -> None:
    file, _ = random_file
    resolv_conf = lab.file("resolv.conf")
    resolv_conf.write_text("nameserver 127.0.0.1\n")
    for client, server in ((names[0].company, names[1]), (names[1].company, names[0])):
        mapped, zone = server.company.mapped, server.zone
        assert ask(client, f"web.{zone}") == [mapped]
        assert ask(client, f"www.{zone}") == sorted([mapped, f"web.{zone}."])
        assert ask(client, f"far.{zone}") == [UNMAPPED]
        assert ask(client, f"several.{zone}") == sorted([mapped, server.in_network_mapped, UNMAPPED])
        assert ask(client, f"web.{zone}", "A", "-t") == [mapped], "over TCP"
        network = server.in_network_mapped.rsplit(".", 1)[0]
        assert ask(client, f"big.{zone}", "A", "-t") == sorted(f"{network}.{i}" for i in range(1, 81))
        assert ask(client, f"{server.name}.natto.{zone}") == [mapped]
        assert ask(client, mapped, "PTR", "-x") == [f"{server.name}.natto.{zone}."]
        found = with_resolver(client, resolv_conf, "getent", "ahostsv4", f"www.{zone}")
        assert set(re.findall(r"^\S+", found, re.MULTILINE)) == {mapped}
        with web.serving(server.company.host, file.parent):
            url = f"http://www.{zone}/{file.name}"
            copy = lab.file("copy")
            with_resolver(client, resolv_conf, "curl", "--silent", "--show-error", "--fail", "-o", str(copy), url)
        assert copy.read_bytes() == file.read_bytes()
