"""natto exporter, as the real Prometheus and its tools see it."""

import bisect
import json
import re
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest
from lab.config import Mapping, Port
from lab.lab import Lab
from lab.namespace import Namespace, link
from lab.numbered_stream import NumberedStream
from lab.patience import until
from lab.process import Process
from lab.prometheus import EXPORTER, PATIENCE_SECONDS, Prometheus, get, start_exporter
from lab.traffic import ping
from lab.two_hosts import A_MAPPED, B_MAPPED, NATTO, REAL, TwoHosts

CONF = Path(__file__).resolve().parents[2] / "conf"
RULES = CONF / "prometheus" / "natto.rules.yml"
DASHBOARD = CONF / "grafana" / "natto.json"
PACKETS_PER_SECOND = 500
UDP_BYTES = 20 + 8 + 8  # of an IPv4 packet of a NumberedStream
ETHERNET_BYTES = 14

POLICY = """
[policy]
default = "deny"

[[allow]]
name = "a-opens"
from = "a"
to = "b"

[[limit]]
name = "a-out"
from = "a"
packets_per_second = 1_000_000
"""


@pytest.fixture
def world_of_natto(lab: Lab) -> Namespace:
    return lab.namespace("natto")


@pytest.fixture
def hosts(lab: Lab, world_of_natto: Namespace) -> TwoHosts:
    """natto with two workers, a policy and gateways between two hosts of overlapping networks."""
    a, b = lab.namespace("a"), lab.namespace("b")
    for host in (a, b):
        link(host, "eth0", world_of_natto, f"to-{host.name}")
        host.address("eth0", f"{REAL}/24")
        host.route("default", "via", NATTO)
    config = lab.write_config(
        [Port(realm, f"to-{realm}", f"{NATTO}/24", REAL) for realm in "ab"],
        [Mapping("a", "a", REAL, A_MAPPED), Mapping("b", "b", REAL, B_MAPPED)],
        workers=2,
        policy=POLICY,
    )
    natto = lab.start_natto(config, world_of_natto)
    assert until(lambda: ping(a, B_MAPPED, count=1).answered == 1)
    return TwoHosts(natto, a, b)


class Clocked(NumberedStream):
    """Knows when it had sent how many."""

    def __enter__(self) -> "Clocked":
        self.times: list[float] = []
        self._counted = threading.Event()
        self._clock = threading.Thread(target=self._look)
        self._clock.start()
        super().__enter__()
        return self

    def __exit__(self, *why: object) -> None:
        super().__exit__(*why)
        self._counted.set()
        self._clock.join()

    def _look(self) -> None:
        self.looks: list[int] = []
        while not self._counted.wait(0.01):
            self.times.append(time.time())
            self.looks.append(self.sent)

    def sent_at(self, when: float) -> int:
        return self.looks[bisect.bisect(self.times, when) - 1]


def test_rates_agree_with_the_senders(lab, hosts, world_of_natto, binary, cli) -> None:
    cli("reload")
    start_exporter(lab, world_of_natto, binary, "--mappings", "all")
    prometheus = Prometheus(lab, world_of_natto, RULES)
    received = 'natto_mapping_packets_total{mapping="a",direction="from"}[12s]'
    with Clocked(hosts.a, hosts.b, (B_MAPPED, 5000), PACKETS_PER_SECOND) as stream:
        assert until(lambda: len(prometheus.query(received)) == 1, 10)
        assert until(lambda: len(prometheus.samples(received)) >= 10)
        samples = prometheus.samples(received)
        rate = prometheus.value('rate(natto_mapping_packets_total{mapping="a",direction="from"}[8s])')
        in_bytes = prometheus.value(
            'rate(natto_port_bytes_total{realm="a",direction="receive"}[8s])'
        )
        queues = prometheus.value(
            'sum(rate(natto_port_queue_packets_total{realm="b",direction="transmit"}[8s]))'
        )
        bursts = prometheus.value("sum(rate(natto_worker_burst_packets_sum[8s]))")
        dashboard_queries_find_something(prometheus)
        assert prometheus.query('ALERTS{alertstate="firing"}') == []
    assert stream.lost == 0
    (begin, first), (end, last) = samples[2], samples[-1]
    # A scrape asks natto at some moment of the tenth of a second after its time.
    moment = 0.1 * PACKETS_PER_SECOND
    assert abs((last - first) - (stream.sent_at(end) - stream.sent_at(begin))) <= moment
    sent_rate = (stream.sent_at(end) - stream.sent_at(begin)) / (end - begin)
    assert rate == pytest.approx(sent_rate, rel=0.1)
    assert in_bytes == pytest.approx(sent_rate * (UDP_BYTES + ETHERNET_BYTES), rel=0.2)
    assert queues == pytest.approx(sent_rate, rel=0.1)
    assert bursts == pytest.approx(sent_rate, rel=0.1)

    # Beyond the last scrape, numbers are natto's own.
    everything = get(world_of_natto, EXPORTER, "/metrics")[1]
    mapping = hosts.natto.ask("mappings", filter="a")["mappings"][0]
    assert f'natto_mapping_packets_total{{mapping="a",realm="a",direction="from"}} {mapping["from_packets"]}\n' in everything
    promtool_finds_nothing_wrong(everything)


def dashboard_queries_find_something(prometheus: Prometheus) -> None:
    """Every query of the dashboard, as Grafana would ask it."""
    dashboard = json.loads(DASHBOARD.read_text())
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    queries = [target["expr"] for panel in panels for target in panel["targets"]]
    assert len(queries) >= len(panels) > 10
    empty = []
    for query in queries:
        asked = query.replace("$__rate_interval", "8s").replace("$job", "natto").replace("$instance", ".*")
        assert "$" not in asked
        if not prometheus.query(asked):
            empty.append(query)
    assert empty == []


def promtool_finds_nothing_wrong(text: str) -> None:
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, text=True
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


def test_the_rules_fire_when_they_should() -> None:
    for words in (("check", "rules", RULES.name), ("test", "rules", "natto.rules.test.yml")):
        done = subprocess.run(["promtool", *words], cwd=RULES.parent, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    alerts = re.findall(r"- alert: (\w+)\n(?:(?! {6}- ).*\n)*", RULES.read_text())
    tests = (RULES.parent / "natto.rules.test.yml").read_text()
    assert [alert for alert in alerts if alert not in tests] == []
    assert RULES.read_text().count("action: ") == len(alerts) > 10


def test_prometheus_takes_the_sample_config() -> None:
    done = subprocess.run(
        ["promtool", "check", "config", RULES.parent / "prometheus.yml"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_says_that_natto_is_not_up_and_why(lab, hosts, world_of_natto, binary) -> None:
    exporter = start_exporter(lab, world_of_natto, binary)
    openmetrics = "application/openmetrics-text; version=1.0.0"

    def up(accept: str = "*/*") -> tuple[str, list[str]]:
        kind, text = get(world_of_natto, EXPORTER, "/metrics", accept)
        return kind, [line for line in text.splitlines() if line.startswith(("natto_up", "# EOF"))]

    assert up() == ("text/plain; version=0.0.4; charset=utf-8", ["natto_up 1"])
    assert up(openmetrics) == (f"{openmetrics}; charset=utf-8", ["natto_up 1", "# EOF"])
    assert "natto_mapping_packets" not in get(world_of_natto, EXPORTER, "/metrics")[1]
    hosts.natto.send(signal.SIGSTOP)
    try:
        assert up()[1] == ["natto_up 0"]
    finally:
        hosts.natto.send(signal.SIGCONT)
    assert "its process is stopped" in exporter.errors()
    assert until(lambda: up()[1] == ["natto_up 1"])
    assert "natto answers again" in exporter.errors()
    hosts.natto.stop()
    assert up()[1] == ["natto_up 0"]
    assert up(openmetrics)[1] == ["natto_up 0", "# EOF"]
    assert "no natto runs here" in exporter.errors()
    promtool_finds_nothing_wrong(get(world_of_natto, EXPORTER, "/metrics")[1])
    assert exporter.stop(signal.SIGTERM) == 0


def get_from(family: socket.AddressFamily, address: str | tuple[str, int]) -> str:
    """/metrics, or nothing where nobody listens."""
    with socket.socket(family) as client:
        client.settimeout(PATIENCE_SECONDS)
        try:
            client.connect(address)
        except OSError:
            return ""
        client.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        with client.makefile() as answer:
            return answer.read()


def test_listens_where_it_is_told(lab: Lab, world, binary) -> None:
    place = lab.file("exporter.sock")
    words = [str(binary), "exporter", "--listen", f"unix:{place}"]
    for _ in range(2):  # the second time a killed one has left its socket
        process = Process(words, lab.file("exporter"))
        try:
            assert until(lambda: "natto_up 0\n" in get_from(socket.AF_UNIX, str(place)))
        finally:
            process.kill()
    process = Process([str(binary), "exporter"], lab.file("exporter"))
    try:
        assert until(lambda: "natto_up 0\n" in get_from(socket.AF_INET6, ("::1", 9560)))
        second = subprocess.run([binary, "exporter"], capture_output=True, text=True)
        assert second.returncode == 3
        assert "cannot listen at [::1]:9560: Address already in use" in second.stderr
    finally:
        process.kill()
    wrong = subprocess.run([binary, "exporter", "--listen", "here"], capture_output=True, text=True)
    assert (wrong.returncode, "neither ADDRESS:PORT" in wrong.stderr) == (2, True)


def test_every_mapping_of_the_largest_table(lab, world_of_natto, binary) -> None:
    mappings = 65_536
    table = lab.file("mappings.toml")
    table.write_text(
        "".join(
            f'[[mapping]]\nname = "m{i}"\nrealm = "a"\n'
            f'real = "10.1.{i >> 8}.{i & 255}"\nmapped = "100.64.{i >> 8}.{i & 255}"\n'
            for i in range(mappings)
        )
    )
    a = lab.namespace("a")
    link(a, "eth0", world_of_natto, "to-a")
    config = lab.write_config([Port("a", "to-a", "10.2.0.1/24")], table)
    lab.start_natto(config, world_of_natto)
    start_exporter(lab, world_of_natto, binary, "--mappings", "all")
    text = get(world_of_natto, EXPORTER, "/metrics")[1]
    assert text.count("\nnatto_mapping_packets_total{") == 2 * mappings
    assert text.count("\nnatto_mapping_") == 6 * mappings
    took = re.search(r"^natto_exporter_scrape_seconds (\S+)", text, re.MULTILINE)
    print(f"natto answered the scrape of {mappings} mappings in {took[1]} s")
