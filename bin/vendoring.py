"""Copies browser files of npm packages to static/vendor, or compares them."""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR, PACKAGES = ROOT / "static" / "vendor", ROOT / "node_modules"
LIST = VENDOR / "VENDOR.md"

# By folder of static/vendor: the package, its folder there, and the files to copy. The
# declarations are only for type checking; no page uses them.
DIRECTIVES = ("directives/live", "directives/ref", "directives/repeat")
SCRIPTS = ("async-directive", "directive", "directive-helpers", "lit-html", *DIRECTIVES)
TAKEN = {
    "inter": (
        "@fontsource-variable/inter",
        {"LICENSE": "LICENSE", "inter-latin-wght-normal.woff2": "files/"},
    ),
    "lit-html": (
        "lit-html",
        {
            "LICENSE": "LICENSE",
            **{
                f"{name}{end}": f"{name}{end}"
                for name in SCRIPTS
                for end in (".d.ts", ".js")
            },
        },
    ),
}
HEAD = """# Vendored browser files

Unchanged files of published packages, whose versions and hashes package-lock.json pins.
`bin/vendor` copies them from there and writes this list, `bin/vendor --check` compares, and
`tests/console/test_vendored.py` compares the files with the hashes below.
"""


def wanted() -> dict[str, bytes]:
    """Returns the published files by their path in static/vendor."""
    files = {}
    for folder, (package, names) in TAKEN.items():
        for name, source in names.items():
            path = f"{source}{name}" if source.endswith("/") else source
            files[f"{folder}/{name}"] = (PACKAGES / package / path).read_bytes()
    return files


def listed(files: dict[str, bytes]) -> str:
    lines = [
        HEAD,
        "| folder | package | version | licence |",
        "| --- | --- | --- | --- |",
    ]
    for folder, (package, _) in TAKEN.items():
        facts = json.loads((PACKAGES / package / "package.json").read_text())
        lines.append(
            f"| `{folder}` | {package} | {facts['version']} | {facts['license']} |"
        )
    lines += ["", "| file | hash |", "| --- | --- |"]
    for name, content in sorted(files.items()):
        digest = base64.b64encode(hashlib.sha384(content).digest()).decode()
        lines.append(f"| `{name}` | `sha384-{digest}` |")
    return "\n".join(lines) + "\n"


def differences(files: dict[str, bytes]) -> list[str]:
    there = {
        path.relative_to(VENDOR).as_posix(): path.read_bytes()
        for path in VENDOR.rglob("*")
        if path.is_file()
    }
    names = sorted({*there, *files})
    return [name for name in names if there.get(name) != files.get(name)]


def main() -> int:
    files = wanted()
    files[LIST.name] = listed(files).encode()
    different = differences(files)
    if sys.argv[1:] == ["--check"]:
        for name in different:
            sys.stderr.write(f"static/vendor/{name} is not as published\n")
        return 1 if different else 0
    for name in different:
        path = VENDOR / name
        if name in files:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(files[name])
        else:
            path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
