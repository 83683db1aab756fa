"""`python -m benchmarks.two_hosts`: cuts one of two worker hosts off for a while; ends with 0 if nothing of it shows.

The hosts are network namespaces, so this needs Linux, root and iproute2; it takes them down whatever happens.
"""

import argparse
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import FrameType

from benchmarks.two_hosts.network import Network, network
from stack import CODE_DIR, StackError
from stack.console import complain
from stack.tether import tethered


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.two_hosts", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="that clients write (default 60)")
    parser.add_argument("--cut", type=float, default=20, help="of them without host two (default 20)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the outcome there as well")
    options = parser.parse_args()
    if not 0 < options.cut < options.seconds:
        parser.error("--cut must be above 0 and below --seconds")
    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, _interrupt)
    data_dir = Path(tempfile.mkdtemp(prefix="shop-hosts-"))
    status = 2
    try:
        with network() as hosts:
            status = _on_host_one(hosts, data_dir, options)
    except KeyboardInterrupt:
        print("Stopped.")
        status = 130
    except StackError as error:
        complain(error)
    finally:
        if status in (0, 130):
            shutil.rmtree(data_dir, ignore_errors=True)
        else:
            print(f"The logs are in {data_dir / 'log'}")
    return status


def _on_host_one(hosts: Network, data_dir: Path, options: argparse.Namespace) -> int:
    words = [sys.executable, "-m", "benchmarks.two_hosts.trial", *hosts.as_words()]
    words += ["--seconds", str(options.seconds), "--cut", str(options.cut), "--seed", str(options.seed)]
    words += ["--data-dir", str(data_dir), *(["--json", str(options.json.resolve())] if options.json else [])]
    process = subprocess.Popen(
        tethered("ip", "netns", "exec", hosts.one, *words), cwd=CODE_DIR, start_new_session=True
    )
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.terminate()
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        raise


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
