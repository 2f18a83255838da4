#!/usr/bin/env python3
"""Checks what cargo says of our dependencies: licences, and versions that stand twice.

The rules are in deny.toml, so that `cargo deny check` reads the same ones; this script needs
nothing but Python and cargo.
"""

import collections
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def allowed(expression: str, licences: set[str]) -> bool:
    """Whether an SPDX expression can be met with these licences alone."""
    # Old crates write MIT/Apache-2.0 for MIT OR Apache-2.0.
    words = re.findall(r"\(|\)|[^\s()]+", expression.replace("/", " OR "))
    python, exception = [], False
    for word in words:
        if word == "WITH":
            exception = True
        elif exception:
            exception = False  # an exception only grants more
        elif word in ("(", ")"):
            python.append(word)
        elif word in ("AND", "OR"):
            python.append(word.lower())
        else:
            python.append(str(word in licences))
    return bool(eval(" ".join(python)))  # noqa: S307: only brackets, and, or, True, False


def listed(section: str, key: str) -> list[str]:
    """The strings of a list in deny.toml, which Debian 12's Python reads without a library."""
    text = (ROOT / "deny.toml").read_text()
    body = text.split(f"[{section}]", 1)[1].split("\n[", 1)[0]
    items = body.split(f"{key} = [", 1)[1].split("]", 1)[0]
    return re.findall(r'"([^"]+)"', items)


def main() -> int:
    metadata = json.loads(
        subprocess.run(
            ["cargo", "metadata", "--format-version", "1", "--all-features", "--locked"],
            cwd=ROOT,
            check=True,
            capture_output=True,
        ).stdout
    )
    licences = set(listed("licenses", "allow"))
    known_twice = set(listed("bans", "skip"))
    problems = []
    versions = collections.defaultdict(set)
    for package in metadata["packages"]:
        name = package["name"]
        versions[name].add(package["version"])
        licence = package["license"] or ""
        if not licence or not allowed(licence, licences):
            problems.append(f"{name} {package['version']}: licence {licence!r} is not allowed")
    twice = {name for name, found in versions.items() if len(found) > 1}
    for name in sorted(twice - known_twice):
        problems.append(f"{name}: {len(versions[name])} versions: {', '.join(sorted(versions[name]))}")
    for name in sorted(known_twice - twice):
        problems.append(f"{name}: deny.toml says that it stands twice, and it does not")
    for problem in problems:
        print(problem)
    print(f"{len(metadata['packages'])} packages, {len(twice)} in several versions, {len(problems)} problems")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
