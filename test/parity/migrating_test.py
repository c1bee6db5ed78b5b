"""doc/migrating.md: its commands, as written, on a machine with the rules of README.md."""

import os
import re
import subprocess
from pathlib import Path

from lab.command import run

COMPANIES = ("company-a", "company-b")
ROOT = Path(__file__).resolve().parents[2]
TRIED = re.compile(r"^(?:natto|iptables-save|sed|echo) .*$", re.MULTILINE)


def commands(markdown: str) -> list[str]:
    """Of the steps before the one that wants a machine of its own."""
    steps = markdown.partition("## 7. Run")[0]
    return [line for block in re.findall(r"^```\n(.*?)^```", steps, re.DOTALL | re.MULTILINE) for line in TRIED.findall(block)]


def rules_of_the_readme() -> list[str]:
    return re.findall(r"^iptables -t nat .*$", (ROOT / "README.md").read_text(), re.MULTILINE)


def test_each_command_as_written(binary: Path, world: None, tmp_path: Path) -> None:
    for rule in rules_of_the_readme():
        run(*rule.split())
    try:
        written = (ROOT / "doc" / "migrating.md").read_text()
        (tmp_path / "natto.toml").write_text((ROOT / "conf" / "natto.toml").read_text())
        tried = commands(written)
        words = ["-i", '"company-a', '"company-b', "sign", "sign", "-i", "verify", "check", "explain", "export"]
        assert [line.split()[1] for line in tried] == [">", "import", "import", "import", *words]
        for company in COMPANIES:
            (tmp_path / company / ".ssh").mkdir(parents=True)
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / company / ".ssh" / "id_ed25519"))
        for line in tried:
            # Whose machine it is.
            home = tmp_path / next((company for company in COMPANIES if company in line), COMPANIES[0])
            environment = {**os.environ, "PATH": f"{binary.parent}:{os.environ['PATH']}", "HOME": str(home)}
            done = subprocess.run(
                ["bash", "-c", line], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
            )
            assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
            if line == "natto import rules.txt > mappings.toml":
                assert done.stderr in written, "the document shows its report"
            if "--prove" in line:
                assert re.search(r"^ +[1-9]\d+ forwarded alike.*\n +[1-9]\d+ refused alike\n +0 differ$", done.stdout, re.MULTILINE)
            if line.startswith("natto verify"):
                assert [row.split(": good, signed by ")[1].split()[0] for row in done.stdout.splitlines()] == [*COMPANIES]
            if line.startswith("natto check"):
                assert "serial 1\nsigned by company-a (" in done.stdout
            if "--to csv" in line:
                assert done.stdout.count("\n") == 3
    finally:
        run("iptables", "-t", "nat", "-F")
