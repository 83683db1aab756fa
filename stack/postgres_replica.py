"""A streaming replica of an embedded PostgreSQL server."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from stack import StackError
from stack.postgres import PostgresServer
from stack.tether import tethered


class PostgresReplica(PostgresServer):
    """Copies the whole of `primary` when it first starts, follows it from then on, and is read only."""

    def __init__(
        self,
        primary: PostgresServer,
        directory: Path | None = None,
        *,
        settings: Mapping[str, str | int] | None = None,
    ) -> None:
        super().__init__(directory, fsync=primary.fsync, settings=settings)
        self.primary = primary
        self.password = primary.password

    def _initialise(self) -> None:
        options = ["--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--no-sync"]
        copy = tethered(
            str(self._bin / "pg_basebackup"),
            f"--dbname={self.primary.url()}",
            f"--pgdata={self._data}",
            *options,
            user=self.user,
        )
        done = subprocess.run(
            copy, cwd=self._data, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        self._log.write_text(done.stdout)
        if done.returncode:
            raise StackError("The replica cannot copy its primary.", log=self._log)
