"""Giving an interface to DPDK, and taking it back."""

from machine import PRIMARY_MAC, PRIMARY_PCI, SECOND_MAC, SECOND_PCI
from script_test_case import INPUT_WRONG, SYSTEM_REFUSED, USAGE, ScriptTestCase

NO_IOMMU = "sys/module/vfio/parameters/enable_unsafe_noiommu_mode"
SAVED = "etc/natto/interfaces"


class Bind(ScriptTestCase):
    def test_binds_the_second_interface_and_says_its_device(self) -> None:
        output = self.run_well("natto-bind", SECOND_MAC)
        self.assertEqual(self.machine.driver(SECOND_PCI), "vfio-pci")
        self.assertEqual(self.machine.driver(PRIMARY_PCI), "ena")
        self.assertEqual(self.machine.read("modprobe.log"), "vfio-pci")
        self.assertEqual(self.machine.read(SAVED), f"{SECOND_MAC} vfio-pci")
        self.assertIn(f'device = "{SECOND_PCI}"', output)

    def test_prints_each_change(self) -> None:
        output = self.run_well("natto-bind", SECOND_MAC)
        changes = [line for line in output.splitlines() if line.startswith("+ ")]
        device = f"/sys/bus/pci/devices/{SECOND_PCI}"
        self.assertEqual(
            changes,
            [
                "+ modprobe vfio-pci",
                f"+ echo Y > /{NO_IOMMU}",
                "+ write /run/natto-bind/no-iommu-was-off",
                f"+ write /run/natto-bind/{SECOND_MAC}",
                f"+ echo vfio-pci > {device}/driver_override",
                f"+ echo {SECOND_PCI} > {device}/driver/unbind",
                f"+ echo {SECOND_PCI} > /sys/bus/pci/drivers_probe",
                f"+ write /{SAVED}",
            ],
        )

    def test_without_an_iommu_the_mode_for_that_is_on(self) -> None:
        self.run_well("natto-bind", SECOND_MAC)
        self.assertEqual(self.machine.read(NO_IOMMU), "Y")

    def test_with_an_iommu_the_mode_stays_off(self) -> None:
        (self.machine.root / "sys/bus/pci/devices" / SECOND_PCI / "iommu_group").mkdir()
        self.run_well("natto-bind", SECOND_MAC)
        self.assertEqual(self.machine.read(NO_IOMMU), "N")

    def test_igb_uio_combines_writes_if_the_module_can(self) -> None:
        self.run_well("natto-bind", "--driver", "igb_uio", SECOND_MAC)
        self.assertEqual(self.machine.driver(SECOND_PCI), "igb_uio")
        self.assertEqual(self.machine.read("modprobe.log"), "igb_uio wc_activate=1")

    def test_an_igb_uio_without_that_option_is_loaded_without_it(self) -> None:
        self.machine.write("modinfo/igb_uio", "intr_mode:igb_uio interrupt mode")
        self.run_well("natto-bind", "--driver", "igb_uio", SECOND_MAC)
        self.assertEqual(self.machine.read("modprobe.log"), "igb_uio")

    def test_a_second_run_changes_nothing(self) -> None:
        self.run_well("natto-bind", SECOND_MAC)
        output = self.assert_changes_nothing("natto-bind", SECOND_MAC)
        self.assertIn("already", output)

    def test_a_dry_run_changes_nothing(self) -> None:
        output = self.assert_changes_nothing("natto-bind", "--dry-run", SECOND_MAC)
        self.assertIn(f"+ echo {SECOND_PCI} > /sys/bus/pci/drivers_probe", output)

    def test_undo_brings_back_what_was(self) -> None:
        self.machine.load("vfio-pci")  # a module stays loaded
        before = self.machine.snapshot()
        self.run_well("natto-bind", SECOND_MAC)
        self.assertNotEqual(self.machine.snapshot(), before)
        self.run_well("natto-bind", "--undo", SECOND_MAC)
        before[f"sys/bus/pci/devices/{SECOND_PCI}/driver_override"] = "\n"  # the kernel: (null)
        self.assertEqual(self.machine.snapshot(), before)

    def test_undo_leaves_the_no_iommu_mode_of_others(self) -> None:
        self.machine.load("vfio-pci")
        self.machine.write(NO_IOMMU, "Y")
        self.run_well("natto-bind", SECOND_MAC)
        self.run_well("natto-bind", "--undo", SECOND_MAC)
        self.assertEqual(self.machine.read(NO_IOMMU), "Y")

    def test_a_dry_undo_changes_nothing(self) -> None:
        self.run_well("natto-bind", SECOND_MAC)
        output = self.assert_changes_nothing("natto-bind", "--undo", "--dry-run", SECOND_MAC)
        self.assertIn(f"+ echo {SECOND_PCI} > /sys/bus/pci/drivers_probe", output)

    def test_undo_without_a_binding_changes_nothing(self) -> None:
        output = self.assert_changes_nothing("natto-bind", "--undo", SECOND_MAC)
        self.assertIn("nothing to give back", output)

    def test_the_binding_returns_after_a_reboot(self) -> None:
        self.run_well("natto-bind", SECOND_MAC)
        self.machine.reboot()
        self.assertEqual(self.machine.driver(SECOND_PCI), "ena")
        self.run_well("natto-bind", "--saved")
        self.assertEqual(self.machine.driver(SECOND_PCI), "vfio-pci")
        self.assert_changes_nothing("natto-bind", "--saved")

    def test_at_boot_the_only_interface_is_bound_if_it_is_listed(self) -> None:
        self.machine.write(SAVED, f"{PRIMARY_MAC} vfio-pci")
        self.run_well("natto-bind", "--saved")
        self.assertEqual(self.machine.driver(PRIMARY_PCI), "vfio-pci")

    def test_nothing_returns_after_an_undo(self) -> None:
        self.run_well("natto-bind", SECOND_MAC)
        self.run_well("natto-bind", "--undo", SECOND_MAC)
        self.machine.reboot()
        self.assert_changes_nothing("natto-bind", "--saved")
        self.assertEqual(self.machine.driver(SECOND_PCI), "ena")

    def test_a_mac_address_in_capitals_is_the_same(self) -> None:
        self.run_well("natto-bind", SECOND_MAC.upper())
        self.assertEqual(self.machine.driver(SECOND_PCI), "vfio-pci")


class Refusal(ScriptTestCase):
    def assert_refused(self, status: int, *words: str) -> str:
        error = self.run_badly(status, "natto-bind", *words)
        self.assertEqual(self.machine.driver(SECOND_PCI), "ena")
        self.assertEqual(self.machine.driver(PRIMARY_PCI), "ena")
        self.assertEqual(self.machine.read(SAVED), "")
        return error

    def test_an_unknown_mac_and_those_there_are(self) -> None:
        error = self.assert_refused(INPUT_WRONG, "02:00:00:00:00:99")
        self.assertIn("no interface has the MAC 02:00:00:00:00:99", error)
        self.assertIn(f"{SECOND_MAC} eth1", error)

    def test_the_interface_of_the_default_route(self) -> None:
        self.machine.write("connections", "")
        error = self.assert_refused(INPUT_WRONG, PRIMARY_MAC)
        self.assertIn("it carries the default route", error)

    def test_a_default_route_of_a_higher_metric_is_none(self) -> None:
        routes = self.machine.read("default-routes")
        self.machine.write("default-routes", f"{routes}\ndefault via 10.33.1.1 dev eth1 metric 512")
        self.run_well("natto-bind", SECOND_MAC)

    def test_the_interface_of_an_ssh_session(self) -> None:
        for local in ("10.33.1.124:22", "[::ffff:10.33.1.124]:22"):
            with self.subTest(local):
                self.machine.write("connections", f"0      0      {local} 10.9.9.9:51000 ")
                error = self.assert_refused(INPUT_WRONG, SECOND_MAC)
                self.assertIn("an SSH session uses its address 10.33.1.124", error)

    def test_any_interface_if_ssh_sessions_cannot_be_told(self) -> None:
        self.machine.write("bin/ss", "#!/bin/sh\nexit 1")
        self.assert_refused(INPUT_WRONG, SECOND_MAC)

    def test_no_such_module(self) -> None:
        (self.machine.root / "modules/igb_uio").rmdir()
        error = self.assert_refused(SYSTEM_REFUSED, "--driver", "igb_uio", SECOND_MAC)
        self.assertIn("the kernel has no module igb_uio", error)

    def test_a_vfio_that_cannot_do_without_an_iommu(self) -> None:
        self.machine.load("vfio-pci")
        (self.machine.root / NO_IOMMU).unlink()
        error = self.assert_refused(SYSTEM_REFUSED, SECOND_MAC)
        self.assertIn("no-IOMMU", error)

    def test_a_driver_that_does_not_take_it_leaves_it_where_it_was(self) -> None:
        self.machine.refused.add("vfio-pci")
        error = self.assert_refused(SYSTEM_REFUSED, SECOND_MAC)
        self.assertIn(f"vfio-pci did not take {SECOND_PCI}", error)
        self.assertIn("given back to ena", error)

    def test_another_driver_than_the_one_it_has(self) -> None:
        self.run_well("natto-bind", SECOND_MAC)
        error = self.run_badly(INPUT_WRONG, "natto-bind", "--driver", "igb_uio", SECOND_MAC)
        self.assertIn(f"first natto-bind --undo {SECOND_MAC}", error)
        self.assertEqual(self.machine.driver(SECOND_PCI), "vfio-pci")

    def test_what_is_no_mac_no_driver_or_nothing(self) -> None:
        for words in (["eth1"], ["--driver", "ena", SECOND_MAC], ["--what"], []):
            with self.subTest(words):
                self.assert_refused(USAGE, *words)

    def test_a_driver_option_without_a_driver(self) -> None:
        for words in (["--driver"], [SECOND_MAC, "--driver"]):
            with self.subTest(words):
                error = self.assert_refused(USAGE, *words)
                self.assertIn("--driver needs a name", error)

    def test_nobody_but_root(self) -> None:
        self.assert_needs_root("natto-bind", SECOND_MAC)
