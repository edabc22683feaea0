"""Builds root file systems as the Dockerfile's last stages say, with debootstrap in place of the base image."""
from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from dockerfile import Stage

MIRROR = "http://deb.debian.org/debian"
SECURITY = "http://deb.debian.org/debian-security"
#: What the slim base image leaves out.
NOT_IN_SLIM = ("usr/share/doc", "usr/share/man", "usr/share/info", "usr/share/locale", "usr/share/lintian", "usr/share/groff")


def run(*words: str | Path) -> str:
    """Standard output; a failure is shown whole."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, words))}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout


def size_of(root: Path) -> int:
    return int(run("du", "--summarize", "--one-file-system", "--block-size=1", root).split()[0])


def make_base(root: Path) -> None:
    """debian:bookworm-slim, as near as debootstrap comes."""
    run("debootstrap", "--variant=minbase", "bookworm", root, MIRROR)
    (root / "etc/apt/sources.list").write_text(
        f"deb {MIRROR} bookworm main\ndeb {MIRROR} bookworm-updates main\ndeb {SECURITY} bookworm-security main\n")
    excludes = "".join(f"path-exclude /{folder}/*\n" for folder in NOT_IN_SLIM)
    (root / "etc/dpkg/dpkg.cfg.d/slim").write_text(excludes)
    for folder in NOT_IN_SLIM:
        shutil.rmtree(root / folder, ignore_errors=True)
    for leftover in (*(root / "var/lib/apt/lists").glob("*Packages*"), *(root / "var/cache/apt").glob("**/*.*")):
        leftover.unlink(missing_ok=True)


def apply(stage: Stage, root: Path, binaries: Path) -> None:
    """RUN in a chroot; COPY from the build stage is what that stage does: strip the program."""
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    for kind, words in stage.steps:
        if kind == "RUN":
            print(f"  RUN  {words if len(words) < 96 else words[:93] + '...'}", flush=True)
            run("unshare", "--mount", "--pid", "--fork", f"--mount-proc={root}/proc", "chroot", root, "/usr/bin/env", "-i",
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND=noninteractive", "/bin/sh",
                "-c", words)
    for _, source, target in stage.copies:
        print(f"  COPY {source} {target}", flush=True)
        run("strip", "--strip-all", "-o", root / target.lstrip("/"), binaries / Path(source).name)


def _installed(root: Path) -> dict[str, int]:
    rows = run("dpkg-query", f"--admindir={root}/var/lib/dpkg", "-W", "-f=${Package} ${Version} ${Installed-Size}\n")
    return {" ".join(row.split()[:2]): int(row.split()[2]) for row in rows.splitlines()}


def describe(stage: Stage, root: Path, base: Path) -> None:
    """Prints what is in the root and how large it is."""
    program = next(target for _, _, target in stage.copies)
    mega = 1e6
    print(f"  {size_of(root) / mega:.1f} MB in all: the base {size_of(base) / mega:.1f} MB, "
          f"{program} {(root / program.lstrip('/')).stat().st_size / mega:.2f} MB")
    before, after = _installed(base), _installed(root)
    print("  packages added: " + ", ".join(f"{name} ({after[name]} KB)" for name in sorted(after) if name not in before))
    for line in run("chroot", root, "ldd", program).splitlines():
        words = line.split()
        if "not found" in line:
            raise SystemExit(f"{words[0]} is not in the image: a package is missing in the Dockerfile")
        if "=>" in line:
            library = (root / words[2].lstrip("/")).resolve()
            print(f"  {words[0]:<34} {library.stat().st_size / 1e3:8.0f} KB")
