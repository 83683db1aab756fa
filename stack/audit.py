"""`python -m stack.audit`: known vulnerabilities in what is installed; says so where nobody can be asked."""

import json
import subprocess
import sys
from typing import Any

PIP_AUDIT = ["-m", "pip_audit", "--local", "--format", "json", "--progress-spinner", "off", "--timeout", "10"]


def main() -> int:
    done = subprocess.run([sys.executable, *PIP_AUDIT], capture_output=True, text=True, check=False)
    try:
        dependencies = json.loads(done.stdout)["dependencies"]
    except ValueError:
        last_words = done.stderr.strip().rsplit("\n", 1)[-1]
        print(f"Not audited, the vulnerability database does not answer: {last_words}", file=sys.stderr)
        return 0
    return report(dependencies)


def report(dependencies: list[dict[str, Any]]) -> int:
    """The exit status: 1 if any has a known vulnerability."""
    asked = [one for one in dependencies if "skip_reason" not in one]
    vulnerable = [one for one in asked if one["vulns"]]
    if not asked:
        print("Not audited, the vulnerability database knows no package from here.", file=sys.stderr)
    else:
        print(f"{len(asked)} of {len(dependencies)} packages audited, {len(vulnerable)} are vulnerable.")
    for one in vulnerable:
        for found in one["vulns"]:
            fixed = ", ".join(found["fix_versions"]) or "nothing yet"
            print(f"  {one['name']} {one['version']}: {found['id']}, fixed in {fixed}")
    return 1 if vulnerable else 0


if __name__ == "__main__":
    sys.exit(main())
