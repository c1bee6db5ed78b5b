"""Isolating the workers' cores."""

from collections.abc import Callable

import pytest
from machine import Machine
from script import INPUT_WRONG, SYSTEM_REFUSED, USAGE, Script

DROP_IN = "etc/default/grub.d/90-natto.cfg"
ARGUMENTS = "isolcpus=managed_irq,domain,1-3 nohz_full=1-3 rcu_nocbs=1-3"
LOG = "boot-loader.log"


@pytest.fixture
def isolate(machine: Machine) -> Script:
    return Script(machine, "natto-isolate-cores")


def test_extends_the_kernels_command_line(machine, isolate) -> None:
    isolate.succeeds("1-3")
    line = f'GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX {ARGUMENTS}"'
    assert line in machine.read(DROP_IN)
    assert machine.read(LOG) == "update-grub"


def test_a_second_run_changes_nothing(isolate) -> None:
    isolate.succeeds("1-3")
    isolate.changes_nothing("1-3")


def test_other_cores_replace_them(machine, isolate) -> None:
    isolate.succeeds("1-3")
    isolate.succeeds("1,2")
    assert "nohz_full=1,2 " in machine.read(DROP_IN)
    assert "1-3" not in machine.read(DROP_IN)


def test_a_dry_run_changes_nothing(isolate) -> None:
    output = isolate.changes_nothing("--dry-run", "1-3")
    assert "+ update-grub" in output


def test_undo_brings_back_what_was(machine, isolate) -> None:
    before = machine.snapshot()
    isolate.succeeds("1-3")
    isolate.succeeds("--undo")
    assert machine.read(LOG) == "update-grub\nupdate-grub"
    (machine.root / LOG).unlink()
    assert machine.snapshot() == before
    isolate.changes_nothing("--undo")


def test_a_boot_loader_that_fails_leaves_what_was(machine, isolate) -> None:
    works = machine.read("bin/update-grub")
    for before, words in (([], ["1-3"]), (["1-3"], ["1"]), (["1-3"], ["--undo"])):
        if before:
            isolate.succeeds(*before)
        machine.write("bin/update-grub", "#!/bin/sh\nexit 1")
        files = machine.snapshot()
        error = isolate.fails(SYSTEM_REFUSED, *words)
        assert "update-grub failed" in error
        assert machine.snapshot() == files
        machine.write("bin/update-grub", works)
        isolate.succeeds(*words)
        assert machine.snapshot() != files


def test_cores_that_cannot_be_isolated(machine, isolate) -> None:
    for cores in ("0-3", "4", "1-9"):
        isolate.fails(INPUT_WRONG, cores)
        assert machine.read(DROP_IN) == ""


def test_what_is_no_list_of_cores(isolate) -> None:
    for words in (["three"], ["3-1"], ["1;reboot"], ["1", "2"], []):
        isolate.fails(USAGE, *words)


def test_nobody_but_root(isolate) -> None:
    isolate.needs_root("1-3")


# Amazon Linux has grubby.


@pytest.fixture
def grubby(machine: Machine) -> Callable[[], list[str]]:
    """grubby() is what it was told so far."""
    (machine.root / "etc/default/grub.d").rmdir()
    return lambda: machine.read(LOG).splitlines()


def test_extends_the_kernels_command_line_once(grubby, isolate) -> None:
    isolate.succeeds("1-3")
    assert grubby() == [f"--update-kernel=ALL --args={ARGUMENTS}"]
    isolate.changes_nothing("1-3")


def test_grubby_is_told_what_other_cores_replace(grubby, isolate) -> None:
    isolate.succeeds("1-3")
    isolate.succeeds("1")
    assert grubby()[1] == f"--update-kernel=ALL --remove-args={ARGUMENTS}"
    assert "nohz_full=1 " in grubby()[2]


def test_undo_removes_what_was_added(machine, grubby, isolate) -> None:
    before = machine.snapshot()
    isolate.succeeds("1-3")
    isolate.succeeds("--undo")
    assert grubby()[-1] == f"--update-kernel=ALL --remove-args={ARGUMENTS}"
    (machine.root / LOG).unlink()
    assert machine.snapshot() == before
    isolate.changes_nothing("--undo")


def refuse(machine: Machine, option: str) -> str:
    """Of grubby's options. What the program said before."""
    works = machine.read("bin/grubby")
    machine.write("bin/grubby", f'{works}\n[[ $* != *" --{option}="* ]]')
    return works


def test_cores_that_grubby_refused_are_not_taken_for_isolated(machine, grubby, isolate) -> None:
    isolate.succeeds("1-3")
    works = refuse(machine, "args")
    error = isolate.fails(SYSTEM_REFUSED, "1")
    assert "grubby failed" in error
    machine.write("bin/grubby", works)
    isolate.succeeds("1-3")
    assert grubby()[-1] == f"--update-kernel=ALL --args={ARGUMENTS}"


def test_an_undo_that_grubby_refused_can_be_repeated(machine, grubby, isolate) -> None:
    isolate.succeeds("1-3")
    works = refuse(machine, "remove-args")
    isolate.fails(SYSTEM_REFUSED, "--undo")
    machine.write("bin/grubby", works)
    told = len(grubby())
    isolate.succeeds("--undo")
    assert len(grubby()) == told + 1


def test_without_a_boot_loader_it_says_what_to_add(machine, grubby, isolate) -> None:
    (machine.root / "bin/grubby").unlink()
    error = isolate.fails(SYSTEM_REFUSED, "1-3")
    assert ARGUMENTS in error
