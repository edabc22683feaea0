"""Reads from a program how it was hardened. Exit 1 and one line for each measure that is missing."""
from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ENDBR64 = b"\xf3\x0f\x1e\xfa"
#: Debian 12's start file, not ours, has no landing pad there.
WITHOUT_LANDING_PAD = {"_start"}


def _readelf(program: Path, *words: str) -> str:
    done = subprocess.run(["readelf", "--wide", *words, str(program)], capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise SystemExit(f"readelf {program}: {done.stderr.strip()}")
    return done.stdout


@dataclass(frozen=True)
class _Section:
    address: int
    offset: int


def _sections(program: Path) -> dict[str, _Section]:
    row = re.compile(r"^\s*\[\s*(\d+)\] \S*\s+\S+\s+([0-9a-f]{16}) ([0-9a-f]+) ", re.MULTILINE)
    return {number: _Section(int(address, 16), int(offset, 16))
            for number, address, offset in row.findall(_readelf(program, "--section-headers"))}


def _functions(program: Path) -> list[tuple[str, str, int]]:
    """Name, section number and address of each function that other objects could call."""
    row = re.compile(r"^\s*\d+: ([0-9a-f]+)\s+\d+ FUNC\s+(?:GLOBAL|WEAK)\s+\S+\s+(\d+) (\S+)", re.MULTILINE)
    return [(name, section, int(address, 16)) for address, section, name in row.findall(_readelf(program, "--symbols"))]


def without_landing_pad(program: Path) -> list[str]:
    """Functions that an indirect call may reach and that do not begin with endbr64."""
    sections, code = _sections(program), program.read_bytes()

    def begins_well(section: str, address: int) -> bool:
        place = address - sections[section].address + sections[section].offset
        return code[place:place + len(ENDBR64)] == ENDBR64

    return sorted({name for name, section, address in _functions(program)
                   if name not in WITHOUT_LANDING_PAD and not begins_well(section, address)})


def _stack_is_executable(segments: str) -> bool:
    stack = re.search(r"GNU_STACK\s+(?:0x\S+\s+){5}([RWE ]+?)\s+0", segments)
    return stack is None or "E" in stack[1]


def findings(program: Path) -> list[str]:
    """What is missing, in words; empty when all is there."""
    header, segments = _readelf(program, "--file-header"), _readelf(program, "--program-headers")
    dynamic, imports = _readelf(program, "--dynamic"), _readelf(program, "--dyn-syms")
    flags = " ".join(re.findall(r"\(FLAGS(?:_1)?\)\s+(.*)", dynamic))
    text = _readelf(program, "--symbols")
    measures = {
        "not a position-independent executable": "DYN" in header and "PIE" in flags,
        "no RELRO segment": "GNU_RELRO" in segments,
        "symbols are bound lazily, so RELRO is partial": "BIND_NOW" in flags and "NOW" in flags.split(),
        "the stack is executable": not _stack_is_executable(segments),
        "a segment is writable and executable": not re.search(r"^\s+LOAD\s.*\sRWE\s", segments, re.MULTILINE),
        "a run path names where libraries are loaded from": not re.search(r"\((?:RPATH|RUNPATH)\)", dynamic),
        "no stack protector": "__stack_chk_fail" in imports,
        "no fortified call": re.search(r"__\w+_chk\b", imports.replace("__stack_chk_fail", "")) is not None,
        "no shadow stack note (SHSTK)": "SHSTK" in _readelf(program, "--notes"),
    }
    missing = [words for words, good in measures.items() if not good]
    if "'.symtab'" not in text and "Symbol table '.symtab'" not in text:
        missing.append("stripped: landing pads cannot be checked")
    elif bare := without_landing_pad(program):
        missing.append(f"{len(bare)} functions without a landing pad (IBT), such as {', '.join(bare[:3])}")
    return missing


def main(programs: list[Path]) -> int:
    found = [f"{program}: {words}" for program in programs for words in findings(program)]
    print("\n".join(found) or f"{len(programs)} programs are hardened")
    return 1 if found or not programs else 0


if __name__ == "__main__":
    sys.exit(main([Path(word) for word in sys.argv[1:]]))
