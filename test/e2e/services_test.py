"""The services that companies use of each other, with the usual programs: SSH and HTTP."""

import hashlib

import pytest
from lab import web
from lab.appliance import Appliance
from lab.companies import Site
from lab.lab import Lab


@pytest.fixture
def natto(lab: Lab, site: Site) -> Appliance:
    return site.start_natto(lab)


def test_ssh_runs_a_command_and_scp_copies_a_file(site, natto, random_file, ssh_server) -> None:
    file, digest = random_file
    for client, server in site.directions:
        ssh = ssh_server(server.host)
        seen = ssh.log_in(client.host, server.mapped, "echo $SSH_CLIENT")
        assert seen.split()[0] == client.mapped
        ssh.send(client.host, file, server.mapped)
        copy = (ssh.home / file.name).read_bytes()
        assert hashlib.sha256(copy).hexdigest() == digest
    assert natto.stop().drops == {}


def test_http_brings_a_file(site, natto, random_file) -> None:
    file, digest = random_file
    for client, server in site.directions:
        with web.serving(server.host, file.parent):
            body = web.get(client.host, server.mapped, f"/{file.name}")
        assert hashlib.sha256(body).hexdigest() == digest
    assert natto.stop().drops == {}
