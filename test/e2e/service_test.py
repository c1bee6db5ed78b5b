"""natto as a service manager sees it."""

import json
import os
import socket
import subprocess
from pathlib import Path
from unittest import mock

from lab import real_case
from lab.appliance import Appliance
from lab.config import Port
from lab_test_case import LabTestCase

PATIENCE_SECONDS = 30


class Service(LabTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.manager = self.enterContext(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        self.manager.settimeout(PATIENCE_SECONDS)
        address = self.lab.file("notify")
        self.manager.bind(str(address))
        Path("/run/natto").mkdir(exist_ok=True)
        self.service = {
            "NOTIFY_SOCKET": str(address),
            "WATCHDOG_USEC": "400000",
            "RUNTIME_DIRECTORY": "/run/natto",
        }

    def start(self) -> Appliance:
        case = real_case.build(self.lab)
        config = self.lab.write_config(real_case.PORTS, real_case.MAPPINGS)
        with mock.patch.dict(os.environ, self.service):
            return self.lab.launch_natto(config, case.natto)

    def hear(self) -> list[str]:
        return self.manager.recv(4096).decode().splitlines()

    def test_tells_that_it_is_ready_alive_and_stopping(self) -> None:
        natto = self.start()
        self.assertEqual(
            self.hear(), ["READY=1", "WATCHDOG=1", "STATUS=2 mappings, generation 1"]
        )
        for _ in range(3):
            self.assertEqual(self.hear(), ["WATCHDOG=1"])
        natto.stop()
        heard = self.hear()
        while heard == ["WATCHDOG=1"]:
            heard = self.hear()
        self.assertEqual(heard, ["STOPPING=1", "STATUS=stopping"])

    def test_is_never_ready_if_it_cannot_start(self) -> None:
        port = Port("middle", "no-such-if", "10.33.1.124/28", "10.33.1.113")
        config = self.lab.write_config([port], real_case.MAPPINGS)
        with mock.patch.dict(os.environ, self.service):
            self.lab.launch_natto(config, self.lab.namespace("natto")).wait()
        self.manager.setblocking(False)
        with self.assertRaises(BlockingIOError):
            self.manager.recv(4096)

    def test_is_found_without_its_environment_and_reloads_within(self) -> None:
        self.start()
        self.hear()
        shown = subprocess.run(
            [os.environ["NATTO"], "show", "table", "--json"], capture_output=True, check=True
        )
        self.assertEqual(json.loads(shown.stdout)["generation"], 1)
        subprocess.run(  # as ExecReload does
            [os.environ["NATTO"], "reload"],
            env=os.environ | self.service,
            capture_output=True,
            check=True,
        )
        heard = self.hear()
        while heard == ["WATCHDOG=1"]:
            heard = self.hear()
        self.assertEqual(heard, ["WATCHDOG=1", "STATUS=2 mappings, generation 2"])
