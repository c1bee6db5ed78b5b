"""Giving an interface to DPDK, and taking it back."""

from collections.abc import Callable

import pytest
from machine import PRIMARY_MAC, PRIMARY_PCI, SECOND_MAC, SECOND_PCI, Machine
from script import INPUT_WRONG, SYSTEM_REFUSED, USAGE, Script

NO_IOMMU = "sys/module/vfio/parameters/enable_unsafe_noiommu_mode"
SAVED = "etc/natto/interfaces"


@pytest.fixture
def bind(machine: Machine) -> Script:
    return Script(machine, "natto-bind")


def test_binds_the_second_interface_and_says_its_device(machine, bind) -> None:
    output = bind.succeeds(SECOND_MAC)
    assert machine.driver(SECOND_PCI) == "vfio-pci"
    assert machine.driver(PRIMARY_PCI) == "ena"
    assert machine.read("modprobe.log") == "vfio-pci"
    assert machine.read(SAVED) == f"{SECOND_MAC} vfio-pci"
    assert f'device = "{SECOND_PCI}"' in output


def test_prints_each_change(bind) -> None:
    output = bind.succeeds(SECOND_MAC)
    changes = [line for line in output.splitlines() if line.startswith("+ ")]
    device = f"/sys/bus/pci/devices/{SECOND_PCI}"
    assert changes == [
        "+ modprobe vfio-pci",
        f"+ echo Y > /{NO_IOMMU}",
        "+ write /run/natto-bind/no-iommu-was-off",
        f"+ write /run/natto-bind/{SECOND_MAC}",
        f"+ echo vfio-pci > {device}/driver_override",
        f"+ echo {SECOND_PCI} > {device}/driver/unbind",
        f"+ echo {SECOND_PCI} > /sys/bus/pci/drivers_probe",
        f"+ write /{SAVED}",
    ]


def test_without_an_iommu_the_mode_for_that_is_on(machine, bind) -> None:
    bind.succeeds(SECOND_MAC)
    assert machine.read(NO_IOMMU) == "Y"


def test_with_an_iommu_the_mode_stays_off(machine, bind) -> None:
    (machine.root / "sys/bus/pci/devices" / SECOND_PCI / "iommu_group").mkdir()
    bind.succeeds(SECOND_MAC)
    assert machine.read(NO_IOMMU) == "N"


def test_igb_uio_combines_writes_if_the_module_can(machine, bind) -> None:
    bind.succeeds("--driver", "igb_uio", SECOND_MAC)
    assert machine.driver(SECOND_PCI) == "igb_uio"
    assert machine.read("modprobe.log") == "igb_uio wc_activate=1"


def test_an_igb_uio_without_that_option_is_loaded_without_it(machine, bind) -> None:
    machine.write("modinfo/igb_uio", "intr_mode:igb_uio interrupt mode")
    bind.succeeds("--driver", "igb_uio", SECOND_MAC)
    assert machine.read("modprobe.log") == "igb_uio"


def test_a_second_run_changes_nothing(bind) -> None:
    bind.succeeds(SECOND_MAC)
    output = bind.changes_nothing(SECOND_MAC)
    assert "already" in output


def test_a_dry_run_changes_nothing(bind) -> None:
    output = bind.changes_nothing("--dry-run", SECOND_MAC)
    assert f"+ echo {SECOND_PCI} > /sys/bus/pci/drivers_probe" in output


def test_undo_brings_back_what_was(machine, bind) -> None:
    machine.load("vfio-pci")  # a module stays loaded
    before = machine.snapshot()
    bind.succeeds(SECOND_MAC)
    assert machine.snapshot() != before
    bind.succeeds("--undo", SECOND_MAC)
    before[f"sys/bus/pci/devices/{SECOND_PCI}/driver_override"] = "\n"  # the kernel: (null)
    assert machine.snapshot() == before


def test_undo_leaves_the_no_iommu_mode_of_others(machine, bind) -> None:
    machine.load("vfio-pci")
    machine.write(NO_IOMMU, "Y")
    bind.succeeds(SECOND_MAC)
    bind.succeeds("--undo", SECOND_MAC)
    assert machine.read(NO_IOMMU) == "Y"


def test_a_dry_undo_changes_nothing(bind) -> None:
    bind.succeeds(SECOND_MAC)
    output = bind.changes_nothing("--undo", "--dry-run", SECOND_MAC)
    assert f"+ echo {SECOND_PCI} > /sys/bus/pci/drivers_probe" in output


def test_undo_without_a_binding_changes_nothing(bind) -> None:
    output = bind.changes_nothing("--undo", SECOND_MAC)
    assert "nothing to give back" in output


def test_the_binding_returns_after_a_reboot(machine, bind) -> None:
    bind.succeeds(SECOND_MAC)
    machine.reboot()
    assert machine.driver(SECOND_PCI) == "ena"
    bind.succeeds("--saved")
    assert machine.driver(SECOND_PCI) == "vfio-pci"
    bind.changes_nothing("--saved")


def test_at_boot_the_only_interface_is_bound_if_it_is_listed(machine, bind) -> None:
    machine.write(SAVED, f"{PRIMARY_MAC} vfio-pci")
    bind.succeeds("--saved")
    assert machine.driver(PRIMARY_PCI) == "vfio-pci"


def test_nothing_returns_after_an_undo(machine, bind) -> None:
    bind.succeeds(SECOND_MAC)
    bind.succeeds("--undo", SECOND_MAC)
    machine.reboot()
    bind.changes_nothing("--saved")
    assert machine.driver(SECOND_PCI) == "ena"


def test_a_mac_address_in_capitals_is_the_same(machine, bind) -> None:
    bind.succeeds(SECOND_MAC.upper())
    assert machine.driver(SECOND_PCI) == "vfio-pci"


@pytest.fixture
def refused(machine: Machine, bind: Script) -> Callable[..., str]:
    """refused(status, words...) is what it prints on standard error; nothing has changed."""

    def run(status: int, *words: str) -> str:
        error = bind.fails(status, *words)
        assert machine.driver(SECOND_PCI) == "ena"
        assert machine.driver(PRIMARY_PCI) == "ena"
        assert machine.read(SAVED) == ""
        return error

    return run


def test_an_unknown_mac_and_those_there_are(refused) -> None:
    error = refused(INPUT_WRONG, "02:00:00:00:00:99")
    assert "no interface has the MAC 02:00:00:00:00:99" in error
    assert f"{SECOND_MAC} eth1" in error


def test_the_interface_of_the_default_route(machine, refused) -> None:
    machine.write("connections", "")
    error = refused(INPUT_WRONG, PRIMARY_MAC)
    assert "it carries the default route" in error


def test_a_default_route_of_a_higher_metric_is_none(machine, bind) -> None:
    routes = machine.read("default-routes")
    machine.write("default-routes", f"{routes}\ndefault via 10.33.1.1 dev eth1 metric 512")
    bind.succeeds(SECOND_MAC)


def test_the_interface_of_an_ssh_session(machine, refused) -> None:
    for local in ("10.33.1.124:22", "[::ffff:10.33.1.124]:22"):
        machine.write("connections", f"0      0      {local} 10.9.9.9:51000 ")
        error = refused(INPUT_WRONG, SECOND_MAC)
        assert "an SSH session uses its address 10.33.1.124" in error


def test_any_interface_if_ssh_sessions_cannot_be_told(machine, refused) -> None:
    machine.write("bin/ss", "#!/bin/sh\nexit 1")
    refused(INPUT_WRONG, SECOND_MAC)


def test_no_such_module(machine, refused) -> None:
    (machine.root / "modules/igb_uio").rmdir()
    error = refused(SYSTEM_REFUSED, "--driver", "igb_uio", SECOND_MAC)
    assert "the kernel has no module igb_uio" in error


def test_a_vfio_that_cannot_do_without_an_iommu(machine, refused) -> None:
    machine.load("vfio-pci")
    (machine.root / NO_IOMMU).unlink()
    error = refused(SYSTEM_REFUSED, SECOND_MAC)
    assert "no-IOMMU" in error


def test_a_driver_that_does_not_take_it_leaves_it_where_it_was(machine, refused) -> None:
    machine.refused.add("vfio-pci")
    error = refused(SYSTEM_REFUSED, SECOND_MAC)
    assert f"vfio-pci did not take {SECOND_PCI}" in error
    assert "given back to ena" in error


def test_another_driver_than_the_one_it_has(machine, bind) -> None:
    bind.succeeds(SECOND_MAC)
    error = bind.fails(INPUT_WRONG, "--driver", "igb_uio", SECOND_MAC)
    assert f"first natto-bind --undo {SECOND_MAC}" in error
    assert machine.driver(SECOND_PCI) == "vfio-pci"


def test_what_is_no_mac_no_driver_or_nothing(refused) -> None:
    for words in (["eth1"], ["--driver", "ena", SECOND_MAC], ["--what"], []):
        refused(USAGE, *words)


def test_a_driver_option_without_a_driver(refused) -> None:
    for words in (["--driver"], [SECOND_MAC, "--driver"]):
        error = refused(USAGE, *words)
        assert "--driver needs a name" in error


def test_nobody_but_root(bind) -> None:
    bind.needs_root(SECOND_MAC)
