"""The real Prometheus, and natto's exporter, in one namespace."""

import contextlib
import json
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from .lab import Lab
from .namespace import Namespace
from .process import Process

EXPORTER = "127.0.0.1:9560"
PROMETHEUS = "127.0.0.1:9090"
JOB = "natto"
PATIENCE_SECONDS = 30

CONFIG = """
global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}
rule_files: [{rules}]
scrape_configs: [{{job_name: {job}, static_configs: [{{targets: ["{exporter}"]}}]}}]
"""


def start_exporter(lab: Lab, where: Namespace, binary: Path, *options: str) -> Process:
    words = (str(binary), "exporter", "--listen", EXPORTER, *options)
    return lab.server(where, "tcp", 9560, *words)


def get(where: Namespace, place: str, path: str, accept: str = "*/*") -> tuple[str, str]:
    """The content type and the text of a page."""
    request = urllib.request.Request(f"http://{place}{path}", headers={"Accept": accept})
    with where.entered(), urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
        return answer.headers["Content-Type"], answer.read().decode()


class Prometheus:
    """It scrapes the exporter every second, and has the rules of a file."""

    def __init__(self, lab: Lab, where: Namespace, rules: Path) -> None:
        self._where = where
        config = lab.file("prometheus.yml")
        config.write_text(CONFIG.format(rules=rules, job=JOB, exporter=EXPORTER))
        self.process = lab.server(
            *(where, "tcp", 9090, "prometheus", f"--config.file={config}"),
            f"--storage.tsdb.path={lab.file('prometheus')}",
            f"--web.listen-address={PROMETHEUS}",
            "--log.level=warn",
        )
        self.process.wait_until(self._ready, "become ready")

    def _ready(self) -> bool:
        with contextlib.suppress(urllib.error.HTTPError):
            return bool(get(self._where, PROMETHEUS, "/-/ready"))
        return False

    def query(self, expression: str) -> list[dict]:
        """The series that are the result, each with "metric" and "value" or "values"."""
        path = "/api/v1/query?" + urllib.parse.urlencode({"query": expression})
        answer = json.loads(get(self._where, PROMETHEUS, path)[1])
        assert answer["status"] == "success", answer
        return answer["data"]["result"]

    def value(self, expression: str) -> float:
        """Of the one series that is the result."""
        (series,) = self.query(expression)
        return float(series["value"][1])

    def samples(self, selector: str) -> list[tuple[float, float]]:
        """Times and values of the one series that a range such as `x[10s]` selects."""
        (series,) = self.query(selector)
        return [(float(time), float(value)) for time, value in series["values"]]
