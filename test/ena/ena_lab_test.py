"""What scripts/ena-lab runs, as people do."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("ena_lab.py")


@pytest.fixture
def ena_lab(build, model, hugepages, tmp_path):
    """ena_lab(faults, options...) is what it prints, and its exit status."""

    def run(faults: str, *words: str) -> tuple[str, int]:
        script = tmp_path / "faults"
        script.write_text(faults)
        command = [sys.executable, PROGRAM, f"--build={build}", f"--faults={script}", *words]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.stdout, done.returncode

    return run


def answered(output: str) -> int:
    return int(re.search(r"A pinged B \d+ times; (\d+) were answered", output)[1])


def test_faults_befall_natto_s_cards(ena_lab) -> None:
    told, status = ena_lab("1 1 link off  # and back\n2 1 link on\n", "--seconds=3")
    assert status == 0, told
    assert re.search(r"card 1: link off\n.*natto: port 1 \(realm b\): link down", told), told
    assert 0 < answered(told) < 25
    assert "at the end A reaches B" in told


def test_testpmd_passes_frames_until_a_card_is_dead(ena_lab) -> None:
    told, status = ena_lab("0.5 0 dead on\n", "--testpmd", "--seconds=0.6")
    assert status == 1, told
    assert answered(told) > 0
    assert "A does NOT reach B" in told


def test_a_command_runs_between_the_hosts(ena_lab) -> None:
    command = "ip netns exec b ping -c 1 -W 5 100.64.1.10"
    told, status = ena_lab("", *command.split())
    assert status == 0, told
    assert "1 received" in told


def test_a_wrong_script_is_refused_with_its_line(ena_lab) -> None:
    told, status = ena_lab("# seconds card fault\n1 keep-alive off\n")
    assert status != 0
    assert "line 2: say seconds, card and fault" in told
