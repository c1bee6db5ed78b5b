"""An SSH server with keys and a home directory of its own, and its client."""

import os
import pwd
from pathlib import Path

from .command import run
from .lab import Lab
from .namespace import Namespace

# The server sees `$1` in place of the home directory `$2`; nobody else does.
WITH_A_HOME = 'mount --bind "$1" "$2" && shift 2 && exec "$@"'
PORT = 22


class SshServer:
    """dropbear on a host, for whoever runs this, by public key only."""

    def __init__(self, lab: Lab, host: Namespace) -> None:
        self.home = lab.file("home")
        self._user = pwd.getpwuid(os.getuid())
        self._host_key, self._client_key = lab.file("host-key"), lab.file("client-key")
        run("dropbearkey", "-t", "ed25519", "-f", str(self._host_key))
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self._client_key))
        keys = self.home / ".ssh" / "authorized_keys"
        keys.parent.mkdir(parents=True, mode=0o700)
        keys.write_text(self._client_key.with_suffix(".pub").read_text())
        keys.chmod(0o600)
        self._known_hosts = lab.file("known-hosts")
        lab.server(
            *(host, "tcp", PORT),
            *("unshare", "--mount", "--", "sh", "-ec", WITH_A_HOME, "sh"),
            *(str(self.home), self._user.pw_dir),
            *("dropbear", "-F", "-E", "-s", "-r", str(self._host_key)),
            *("-p", str(PORT), "-P", str(lab.file("pid"))),
        )

    def log_in(self, client: Namespace, address: str, command: str) -> str:
        """The output of a command of the shell."""
        login = f"{self._user.pw_name}@{address}"
        return client.run("ssh", *self._options(address), login, command)

    def send(self, client: Namespace, file: Path, address: str) -> None:
        """Copy a file into the server's home directory."""
        target = f"{self._user.pw_name}@{address}:{file.name}"
        client.run("scp", "-q", "-O", *self._options(address), str(file), target)

    def _options(self, address: str) -> tuple[str, ...]:
        """No configuration but this: it must be this server, and no password will do."""
        public_key = run("dropbearkey", "-y", "-f", str(self._host_key)).splitlines()[1]
        self._known_hosts.write_text(f"{address} {public_key}\n")
        options = (
            *("BatchMode=yes", "IdentitiesOnly=yes", "StrictHostKeyChecking=yes"),
            *(f"UserKnownHostsFile={self._known_hosts}", "GlobalKnownHostsFile=/dev/null"),
        )
        settings = [word for option in options for word in ("-o", option)]
        return ("-F", "none", "-i", str(self._client_key), *settings)
