"""Compiles every header alone: what it uses it includes. Exit 1 and the compiler's words for each that does not."""
from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from includes import closure, source_files
from passed import Passed


def flags_of_build(build: Path) -> list[str]:
    """The flags that headers see: those of any compilation, without its files and without precompiled headers."""
    flags: dict[str, None] = {"-std=c++23": None}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        words = shlex.split(entry["command"])
        for position, word in enumerate(words):
            if word.startswith(("-D", "-I")):
                flags[word] = None
            elif word == "-isystem":
                flags["-isystem" + words[position + 1]] = None
    return list(flags)


def compile_alone(compiler: str, flags: list[str], header: Path) -> str:
    """What the compiler says against the header; empty when it is well."""
    command = [compiler, *flags, "-Wall", "-Wextra", "-Werror", "-Wno-pragma-once-outside-header", "-Wno-unused-const-variable",
               "-Wno-missing-designated-field-initializers",  # as in the build
               "-fsyntax-only", "-x", "c++", str(header)]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120)
    return "" if done.returncode == 0 else done.stderr


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2])
    parser.add_argument("--build", type=Path, required=True, help="a configured build folder")
    parser.add_argument("--compiler", default="clang++-19")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    root, build = options.root.resolve(), options.build.resolve()

    flags = flags_of_build(build)
    passed = Passed(build / "lint", "headers", *flags)
    keys = {path: passed.key(closure(root, path)) for path in source_files(root, (".hpp",))}
    waiting = [path for path, key in keys.items() if not passed.has(key)]
    failed = 0
    with ThreadPoolExecutor(options.jobs) as pool:
        for path, words in zip(waiting, pool.map(lambda path: compile_alone(options.compiler, flags, path), waiting)):
            if words:
                failed += 1
                print(f"{path.relative_to(root)} does not compile alone:\n{words}")
            else:
                passed.add(keys[path])
    print(f"{len(keys)} headers, {len(waiting)} compiled, {failed} do not compile alone")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
