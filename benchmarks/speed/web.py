"""The web server as the Procfile starts it, with production settings."""

import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

from stack import CODE_DIR, StackError
from stack.ports import free_port
from stack.procfile import programs
from stack.tether import tethered

WORKERS = 2
BEHIND_A_PROXY = {"X-Forwarded-Proto": "https"}


def production(env: Mapping[str, str], *, settings: str = "config.settings.production") -> dict[str, str]:
    """What production needs beside the servers: secrets, the host's name, a proxy in front that ends HTTPS."""
    return {
        **env,
        "PATH": f"{Path(sys.executable).parent}:{env['PATH']}",
        "DJANGO_SETTINGS_MODULE": settings,
        "SECRET_KEY": secrets.token_urlsafe(48),
        "JWT_SIGNING_KEY": secrets.token_urlsafe(48),
        "ALLOWED_HOSTS": "127.0.0.1",
        "PROXIES": "1",
        "WEB_WORKERS": str(WORKERS),
        "LOG_LEVEL": "INFO",
        "LOG_FORMAT": "json",
    }


def migrate(env: Mapping[str, str], *databases: str) -> None:
    for database in databases:
        command = [sys.executable, "manage.py", "migrate", "--database", database, "--verbosity", "0"]
        subprocess.run(tethered(*command), cwd=CODE_DIR, env={**env}, check=True)


@contextmanager
def web(env: Mapping[str, str], log: Path) -> Iterator[str]:
    """Its address, such as http://127.0.0.1:8000, once it answers. Raises StackError if it does not."""
    port = free_port()
    command = tethered("sh", "-c", programs()["web"].command)
    with log.open("ab") as lines:
        process = subprocess.Popen(
            command, cwd=CODE_DIR, env={**env, "PORT": str(port)}, stdout=lines, stderr=lines
        )
    try:
        _wait_until_it_answers(process, f"http://127.0.0.1:{port}", log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def get(address: str, *, token: str = "", seconds: float = 30) -> bytes:
    headers = {**BEHIND_A_PROXY, **({"Authorization": f"Bearer {token}"} if token else {})}
    with urlopen(Request(address, headers=headers), timeout=seconds) as answer:
        content: bytes = answer.read()
        return content


def _wait_until_it_answers(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            get(f"{address}/livez", seconds=5)
            return
        except (URLError, OSError) as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise StackError(f"The web server does not start: {error}", log=log) from error
        time.sleep(0.1)
