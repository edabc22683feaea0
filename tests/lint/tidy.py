"""Runs clang-tidy-19 on base, core, wire and what changed, or on everything; remembers what passed."""
from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from includes import closure
from passed import Passed

ALWAYS = ("server/base/", "server/core/", "server/wire/")
TIDY = "clang-tidy-19"


def git(root: Path, *words: str) -> list[str]:
    done = subprocess.run(["git", "-c", f"safe.directory={root}", "-C", str(root), *words], capture_output=True, text=True)
    return done.stdout.split() if done.returncode == 0 else []


def changed_files(root: Path) -> set[str]:
    """What differs from the merge base with origin/main, or from the commit before where that is this one."""
    head = git(root, "rev-parse", "HEAD")
    base = git(root, "merge-base", "origin/main", "HEAD")
    if not base or base == head:
        base = git(root, "rev-parse", "--verify", "-q", "HEAD~")
    changed = git(root, "diff", "--name-only", "--diff-filter=d", *base)
    return set(changed) | set(git(root, "ls-files", "--others", "--exclude-standard"))


def without_precompiled_headers(command: str) -> list[str]:
    """The arguments as clang-tidy needs them: no launcher, no precompiled header, nothing that is written."""
    words = shlex.split(command)
    while not Path(words[0]).name.startswith("clang"):
        words.pop(0)
    kept: list[str] = []
    position = 0
    while position < len(words):
        if words[position] == "-Xclang":
            if words[position + 1] in ("-include-pch", "-include"):
                position += 4
                continue
            if words[position + 1] in ("-emit-pch", "-fno-pch-timestamp"):
                position += 2
                continue
        kept.append(words[position])
        position += 1
    return kept


def entries(root: Path, build: Path) -> dict[str, dict]:
    """The compilations of our own files, by their path from the root."""
    found: dict[str, dict] = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = Path(entry["file"])
        if path.suffix == ".cpp" and path.is_relative_to(root) and not path.is_relative_to(build):
            found[path.relative_to(root).as_posix()] = {
                "directory": entry["directory"], "file": entry["file"],
                "arguments": without_precompiled_headers(entry["command"])}
    return found


def chosen(root: Path, every: dict[str, dict], everything: bool) -> list[str]:
    if everything:
        return list(every)
    changed = changed_files(root)
    stems = {name.rsplit(".", 1)[0] for name in changed if name.endswith((".cpp", ".hpp"))}
    return [name for name in every if name.startswith(ALWAYS) or name.rsplit(".", 1)[0] in stems]


def tidy(database: Path, root: Path, name: str) -> tuple[str, float]:
    """What clang-tidy says against the file, and how long it took."""
    begin = time.monotonic()
    done = subprocess.run([TIDY, "--quiet", "-p", str(database), str(root / name)], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, cwd=root)
    words = "" if done.returncode == 0 else done.stdout or done.stderr
    return words, time.monotonic() - begin


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2])
    parser.add_argument("--build", type=Path, required=True, help="a configured build folder")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--verbose", action="store_true", help="tell how long each file took")
    scope = parser.add_mutually_exclusive_group()
    scope.add_argument("--all", action="store_true")
    scope.add_argument("--changed", action="store_true", help="base, core, wire and what changed (default)")
    options = parser.parse_args()
    root, build = options.root.resolve(), options.build.resolve()

    every = entries(root, build)
    names = chosen(root, every, options.all)
    version = subprocess.run([TIDY, "--version"], capture_output=True, text=True, check=True).stdout
    passed = Passed(build / "lint", "tidy", version, *((root / name).read_text() for name in (".clang-tidy", "tests/.clang-tidy")))
    keys = {name: passed.key(closure(root, root / name), *every[name]["arguments"]) for name in names}
    waiting = [name for name in names if not passed.has(keys[name])]
    failed = 0
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(options.jobs) as pool:
        database = Path(folder)
        (database / "compile_commands.json").write_text(json.dumps(list(every.values())))
        for name, (words, took) in zip(waiting, pool.map(lambda name: tidy(database, root, name), waiting)):
            if options.verbose:
                print(f"{took:5.1f} s  {name}")
            if words:
                failed += 1
                print(f"{name}:\n{words}", flush=True)
            else:
                passed.add(keys[name])
    print(f"{len(names)} files, {len(waiting)} checked, {failed} with complaints")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
