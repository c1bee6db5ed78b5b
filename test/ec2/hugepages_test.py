"""Reserving hugepages."""

import pytest
from machine import Machine
from script import SYSTEM_REFUSED, USAGE, Script

RESERVED = "proc/sys/vm/nr_hugepages"
SETTING = "etc/sysctl.d/60-natto-hugepages.conf"


@pytest.fixture
def hugepages(machine: Machine) -> Script:
    return Script(machine, "natto-hugepages")


def test_reserves_now_and_at_boot(machine, hugepages) -> None:
    hugepages.succeeds("1025")
    assert machine.read(RESERVED) == "513"
    assert "vm.nr_hugepages = 513\n" in machine.read(SETTING) + "\n"


def test_a_second_run_changes_nothing(hugepages) -> None:
    hugepages.succeeds("1024")
    hugepages.changes_nothing("1024")


def test_a_dry_run_changes_nothing(hugepages) -> None:
    output = hugepages.changes_nothing("--dry-run", "1024")
    assert "+ sysctl -qw vm.nr_hugepages=512" in output


def test_undo_brings_back_what_was_even_after_two_sizes(machine, hugepages) -> None:
    machine.write(RESERVED, "7")
    before = machine.snapshot()
    hugepages.succeeds("1024")
    hugepages.succeeds("2048")
    assert machine.read(RESERVED) == "1024"
    hugepages.succeeds("--undo")
    assert machine.snapshot() == before
    hugepages.changes_nothing("--undo")


def test_too_little_memory_is_an_error(machine, hugepages) -> None:
    machine.write("free-pages", "100")
    error = hugepages.fails(SYSTEM_REFUSED, "1024")
    assert "only 100 of 512 pages" in error


def test_what_is_no_size(hugepages) -> None:
    for words in (["1G"], ["0"], ["-5"], ["1", "2"], []):
        hugepages.fails(USAGE, *words)


def test_nobody_but_root(hugepages) -> None:
    hugepages.needs_root("1024")
