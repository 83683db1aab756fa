"""Load on a web server by wrk, which takes so little of the processor that it hides no difference."""

import json
import os
import random
import shutil
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import jwt

from stack import StackError
from stack.tether import tethered

SCRIPT = Path(__file__).with_name("load.lua")
APT = ["apt-get", "-qq", "-o", "APT::Install-Recommends=false"]


@dataclass(frozen=True)
class Answers:
    """`p50` and `p99` in milliseconds."""

    requests: int
    seconds: float
    bytes: int
    p50: float
    p99: float
    refused: int
    lost: int

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


def require_wrk() -> None:
    """Raises StackError where it is not installed and cannot be."""
    if shutil.which("wrk"):
        return
    try:
        if os.getuid() == 0 and shutil.which("apt-get"):
            quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            for arguments in (["update"], ["install", "wrk"]):
                subprocess.run([*APT, *arguments], env=quiet, stdout=subprocess.DEVNULL, check=True)
            return
    except subprocess.CalledProcessError:
        pass
    raise StackError("wrk, which measures answers over HTTP, is not here: apt install wrk")


def write_tokens(file: Path, users: Iterable[UUID], *, signing_key: str) -> None:
    """A line for each user, with the access token that they would have signed in for."""
    now = int(time.time())
    claims = {"token_type": "access", "iat": now, "exp": now + 7200, "jti": "0" * 32, "is_staff": False}
    with file.open("w") as lines:
        for user in users:
            token = jwt.encode({**claims, "user_id": str(user)}, signing_key, algorithm="HS256")
            lines.write(f"{user} {token}\n")


def load(address: str, tokens: Path, *, connections: int, seconds: int) -> Answers:
    """Each connection asks again as soon as it is answered. `address` has {user} where the user's id stands.

    Raises StackError if anything but 2xx comes back, or nothing at all does. A worker that has served its
    time closes its connections, now and then on somebody who has just asked.
    """
    server, path = address[: address.index("/", 8)], address[address.index("/", 8) :]
    options = ["-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", str(SCRIPT), server]
    begin = str(random.randrange(1_000_000))
    done = subprocess.run(
        tethered("wrk", *options, "--", str(tokens), path, begin), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise StackError(f"wrk failed: {done.stderr.strip() or done.stdout.strip()}")
    answers = Answers(**json.loads(done.stdout.strip().splitlines()[-1]))
    if answers.refused or answers.lost > connections or not answers.requests:
        raise StackError(
            f"{path}: {answers.requests} answers, {answers.refused} not 2xx, {answers.lost} lost"
        )
    return answers
