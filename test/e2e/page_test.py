"""The exporter's page on a live natto, in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from lab.browser import page, text_of
from lab.config import Mapping, Port
from lab.lab import Lab
from lab.namespace import Namespace, link
from lab.numbered_stream import NumberedStream
from lab.patience import until
from lab.prometheus import EXPORTER, get, start_exporter
from lab.traffic import ping
from lab.two_hosts import A_MAPPED, B_MAPPED, NATTO, REAL, TwoHosts

OTHERS = 60  # mappings that nobody uses: more than the page shows at once
STRANGER = "10.0.0.77"  # who has no mapping
URL = f"http://{EXPORTER}/"
PHONE = (390, 2000)


@pytest.fixture
def natto_host(lab: Lab) -> Namespace:
    return lab.namespace("natto")


@pytest.fixture
def hosts(lab: Lab, natto_host: Namespace) -> TwoHosts:
    a, b = lab.namespace("a"), lab.namespace("b")
    for host in (a, b):
        link(host, "eth0", natto_host, f"to-{host.name}")
        host.address("eth0", f"{REAL}/24")
        host.route("default", "via", NATTO)
    mappings = [
        Mapping("a-app", "company-a", REAL, A_MAPPED),
        Mapping("b-orders", "company-b", REAL, B_MAPPED),
        *(Mapping(f"idle-{i}", "company-a", f"10.9.0.{i}", f"100.65.0.{i}") for i in range(OTHERS)),
    ]
    ports = [Port(f"company-{n}", f"to-{n}", f"{NATTO}/24", REAL) for n in "ab"]
    natto = lab.start_natto(lab.write_config(ports, mappings), natto_host)
    assert until(lambda: ping(a, B_MAPPED, count=1).answered == 1)
    return TwoHosts(natto, a, b)


@pytest.fixture
def stream(hosts: TwoHosts) -> Iterator[NumberedStream]:
    with NumberedStream(hosts.a, hosts.b, (B_MAPPED, 5000), 200) as stream:
        yield stream


def test_shows_a_live_natto(lab, hosts, natto_host, binary, stream) -> None:
    hosts.a.address("eth0", f"{STRANGER}/24")
    ping(hosts.a, B_MAPPED, "-I", STRANGER, count=1, patience_seconds=0.1)
    start_exporter(lab, natto_host, binary)
    # Two looks make a rate.
    assert until(lambda: '"received":[' in get(natto_host, EXPORTER, "/page.json")[1].replace("[]", ""))

    for size in ((1180, 1400), PHONE):
        shown = page(lab, natto_host, URL, size)
        assert text_of(shown, "state") == "healthy"
        picture = text_of(shown, "picture")
        for words in ("company-a", "company-b", "natto", f"{NATTO}/24 · up", f"gateway {REAL}", "/s in"):
            assert words in picture
        assert "received" in text_of(shown, "packets")
        assert 'data-line="translated"' in shown
        assert "lcore" in text_of(shown, "workers")
        drops = text_of(shown, "drops")
        assert "source_not_mapped" in drops
        assert "→ add a [[mapping]] for the sender" in drops
        assert text_of(shown, "count") == f"{OTHERS + 2} found, the busiest 50 shown"
        assert "a-app company-a" in text_of(shown, "mappings")

    for search, found in (("ORDERS", ["b-orders"]), ("100.65.0.7", ["idle-7"]), ("10.9.0.0/30", [f"idle-{i}" for i in range(4)]), ("nobody", [])):
        shown = page(lab, natto_host, f"{URL}#{search}")
        assert text_of(shown, "count") == f"{len(found)} found"
        listed = text_of(shown, "mappings")
        assert all(name in listed for name in found)
        assert "a-app" not in listed


def test_what_a_file_says_is_no_markup(lab, hosts, natto_host, binary, cli) -> None:
    start_exporter(lab, natto_host, binary)
    table = Path(hosts.natto.config.read_text().split('file = "')[1].split('"')[0])
    right = table.read_text()
    table.write_text(right.replace('"a-app"', '"<img src=x onerror=document.title=1>"'))
    cli("reload", status=1)
    shown = page(lab, natto_host, URL)
    assert text_of(shown, "state") == "unhealthy"
    assert "&lt;img src=x onerror" in text_of(shown, "findings")
    assert "<title>natto: unhealthy</title>" in shown


def test_says_why_there_is_nothing_to_show(lab, natto_host, binary) -> None:
    start_exporter(lab, natto_host, binary)
    shown = page(lab, natto_host, URL)
    assert text_of(shown, "state") == "not running"
    assert "no natto runs here" in text_of(shown, "findings")
    assert "start it with natto run" in text_of(shown, "findings")
