"""Real programs at both ends of a border: company A's host and company B's, natto between them, and no other way.

Whatever passes while a test records is captured in three places: at A, at B, and at natto's one port. `natto
inspect` must find the same in each.
"""

import contextlib
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lab import real_case
from lab.lab import Lab
from lab.namespace import Namespace

FOUND, NOTHING_FOUND = 4, 0
WHOLE_FRAME_BYTES = 2048
ROOM = 1 << 12


@dataclass(frozen=True)
class Finding:
    """What `natto inspect` says of an address, but where in which capture."""

    application: str
    field: str
    address: str
    sent_by: str
    read_by: str
    should_be: str


def by_a(application: str, field: str = "text") -> Finding:
    """Company A tells company B its own real address."""
    return Finding(application, field, real_case.A_REAL, "company-a", "company-b", real_case.A_MAPPED)


def by_b(application: str, field: str = "text") -> Finding:
    """Company B tells company A its own real address."""
    return Finding(application, field, real_case.B_REAL, "company-b", "company-a", real_case.B_MAPPED)


class Border:
    """The hosts, and what is found between them."""

    def __init__(self, lab: Lab, natto: Path, a: Namespace, b: Namespace, middle: Namespace, config: Path) -> None:
        self._lab, self._natto, self._middle, self.config = lab, natto, middle, config
        self.a, self.b = a, b

    def file(self, name: str, text: str = "") -> Path:
        """A new file with this text, which anybody may read."""
        made = self._lab.file(name)
        made.write_text(text)
        return made

    def folder(self, name: str) -> Path:
        """A new folder, in which anybody may write."""
        made = self._lab.file(name)
        made.mkdir()
        made.chmod(0o777)
        made.parent.chmod(0o755)
        return made

    @contextlib.contextmanager
    def finds(self, *expected: Finding) -> Iterator[None]:
        """Natto inspect finds exactly this in what passes meanwhile, wherever it is captured."""
        places = {"a": (self.a, "eth0"), "b": (self.b, "eth0"), "middle": (self._middle, real_case.NATTO_INTERFACE)}
        recordings = {
            name: self._lab.capture(*place, room=ROOM, frame_bytes=WHOLE_FRAME_BYTES) for name, place in places.items()
        }
        yield
        files = []
        for name, recording in recordings.items():
            recording.stop()
            files.append(self._lab.file(f"{name}.pcap"))
            recording.write(files[-1])
        report = self.inspect(*files, status=FOUND if expected else NOTHING_FOUND)
        assert report["fields_searched"], report["warnings"]
        assert report["between_mappings"] > 0
        for file in files:
            found = {
                Finding(*(one[name] for name in Finding.__dataclass_fields__))
                for one in report["findings"]
                if one["capture"] == str(file)
            }
            assert found == set(expected), file.name

    def inspect(self, *captures: Path, status: int = FOUND) -> dict:
        """What natto inspect --json says."""
        words = [self._natto, "inspect", "-c", self.config, "--json", *captures]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60)
        assert done.returncode == status, done.stdout + done.stderr
        return json.loads(done.stdout)
