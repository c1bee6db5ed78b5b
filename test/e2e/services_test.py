"""The services that companies use of each other, with the usual programs: SSH and HTTP."""

import hashlib
import os
import unittest
from pathlib import Path

from companies_test_case import CompaniesTestCase
from lab import web
from lab.ssh import SshServer

FILE_BYTES = 3_000_000


class Services(CompaniesTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.start_natto()
        directory = self.lab.file("public")
        directory.mkdir()
        self.file = directory / "file"
        self.file.write_bytes(os.urandom(FILE_BYTES))
        self.digest = hashlib.sha256(self.file.read_bytes()).hexdigest()

    @unittest.skipIf(
        Path("/proc/self/setgroups").read_text().strip() == "deny",
        "an SSH server needs to be root, or a user, of the machine's own",
    )
    def test_ssh_runs_a_command_and_scp_copies_a_file(self) -> None:
        for client, server in self.directions:
            ssh = SshServer(self.lab, server.host)
            seen = ssh.log_in(client.host, server.mapped, "echo $SSH_CLIENT")
            self.assertEqual(seen.split()[0], client.mapped)
            ssh.send(client.host, self.file, server.mapped)
            copy = (ssh.home / self.file.name).read_bytes()
            self.assertEqual(hashlib.sha256(copy).hexdigest(), self.digest)
        self.assertEqual(self.natto.stop().drops, {})

    def test_http_brings_a_file(self) -> None:
        for client, server in self.directions:
            with web.serving(server.host, self.file.parent):
                body = web.get(client.host, server.mapped, f"/{self.file.name}")
            self.assertEqual(hashlib.sha256(body).hexdigest(), self.digest)
        self.assertEqual(self.natto.stop().drops, {})
