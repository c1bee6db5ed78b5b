"""`natto diff`: two files of mappings, told apart in words."""

import subprocess
from pathlib import Path

INPUT_WRONG = 1
OLD = """
[[mapping]]
name = "app"
realm = "company-a"
real = "10.32.1.157"
mapped = "10.33.1.145"
[[mapping]]
name = "files"
realm = "company-b"
real = "10.34.8.0/24"
mapped = "10.50.0.0/24"
[policy]
default = "deny"
[[allow]]
name = "orders"
from = "app"
to = "files"
protocol = "tcp"
ports = 443
"""
NEW = OLD.replace('"10.33.1.145"', '"10.33.1.146"').replace("443", "8443") + """
[[mapping]]
name = "db"
realm = "company-b"
real = "10.34.1.125"
mapped = "10.33.1.151"
"""
WORDS = """\
mappings added:
  db: host 10.34.1.125 of company-b, seen by all others as 10.33.1.151
mappings changed:
  app: host 10.32.1.157 of company-a, seen by all others as 10.33.1.145
   now host 10.32.1.157 of company-a, seen by all others as 10.33.1.146
who may talk to whom (+ added, - removed, ~ changed):
  ~ allow orders: app -> files: tcp 443 => app -> files: tcp 8443
"""


def diff(binary: Path, folder: Path, old: str, new: str) -> subprocess.CompletedProcess:
    (folder / "old.toml").write_text(old)
    (folder / "new.toml").write_text(new)
    words = [binary, "diff", folder / "old.toml", folder / "new.toml"]
    return subprocess.run(words, capture_output=True, text=True, timeout=60)


def test_what_differs_is_told_in_words(binary: Path, tmp_path: Path) -> None:
    assert diff(binary, tmp_path, OLD, NEW).stdout == WORDS
    removed = diff(binary, tmp_path, NEW, OLD).stdout
    assert "mappings removed:\n  db: host 10.34.1.125 of company-b" in removed


def test_comments_and_order_are_no_difference(binary: Path, tmp_path: Path) -> None:
    first, second, rest = OLD.split("[[mapping]]")[1:] + [""]
    files, policy = second.split("[policy]")
    turned = "# agreed\n[[mapping]]" + files + "[[mapping]]" + first + "[policy]" + policy
    done = diff(binary, tmp_path, OLD, turned)
    assert (done.returncode, done.stdout) == (0, "no difference: both say the same\n")


def test_a_table_without_realms(binary: Path, tmp_path: Path) -> None:
    bare = "\n".join(line for line in OLD.splitlines() if not line.startswith("realm"))
    assert diff(binary, tmp_path, bare, bare).returncode == 0


def test_a_wrong_file_is_told(binary: Path, tmp_path: Path) -> None:
    done = diff(binary, tmp_path, OLD, "[[mapping]]\nname = 3\n")
    assert done.returncode == INPUT_WRONG
    assert "new.toml:2:" in done.stderr
