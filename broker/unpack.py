"""mosquitto without root: the distribution's own package, downloaded and unpacked into a folder.

apt checks the signature of the index and the digest of what it downloads, as for an installation; nothing
of the package is run by us but the broker itself, and nothing outside the folder changes.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from broker.mosquitto import UNPACKED, Mosquitto, new_enough

DOWNLOAD_S = 60.0
LOCAL_S = 20.0
ROUNDS = 4  #: libraries of libraries


def unpacked(cache: Path) -> Mosquitto | None:
    """What an earlier `unpack` left in the folder, if it runs."""
    executable = cache / "mosquitto" / "usr" / "sbin" / "mosquitto"
    if not executable.is_file():
        return None
    one = Mosquitto(executable, UNPACKED, _library_folders(cache / "mosquitto"))
    return one if new_enough(one) else None


def unpack(cache: Path) -> Mosquitto | None:
    """Download and unpack it into the folder; None where that does not work (no apt, no network)."""
    if not all(shutil.which(tool) for tool in ("apt-get", "dpkg", "dpkg-deb", "ldd")):
        return None
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Made beside its place and moved there when it is whole: an interrupted download leaves nothing.
    with tempfile.TemporaryDirectory(dir=cache, prefix=".mosquitto-") as scratch:
        tree = Path(scratch) / "tree"
        try:
            _fill(tree, Path(scratch))
        except (OSError, subprocess.SubprocessError):
            return None
        place = cache / "mosquitto"
        shutil.rmtree(place, ignore_errors=True)
        tree.rename(place)
    return unpacked(cache)


def missing_libraries(ldd: str) -> list[str]:
    """The libraries that `ldd` did not find."""
    return re.findall(r"^\s*(\S+) => not found", ldd, re.MULTILINE)


def library_packages(depends: str) -> list[str]:
    """The libraries in a Debian `Depends` field, without the C library, which every system has."""
    first_choice = (one.split("|")[0].split("(")[0].strip() for one in depends.split(","))
    return [name.split(":")[0] for name in first_choice if name.startswith("lib") and name != "libc6"]


def _fill(tree: Path, scratch: Path) -> None:
    """Unpack mosquitto and, while libraries are missing, what its packages depend on."""
    taken: set[str] = set()
    wanted = ["mosquitto"]
    for _ in range(ROUNDS):
        depends: list[str] = []
        for package in wanted:
            taken.add(package)
            archive = _download(package, scratch)
            _run(["dpkg", "-x", str(archive), str(tree)], LOCAL_S)
            depends += library_packages(_run(["dpkg-deb", "-f", str(archive), "Depends"], LOCAL_S))
            archive.unlink()
        environment = {"LD_LIBRARY_PATH": os.pathsep.join(map(str, _library_folders(tree)))}
        said = _run(["ldd", str(tree / "usr" / "sbin" / "mosquitto")], LOCAL_S, environment)
        wanted = [package for package in dict.fromkeys(depends) if package not in taken]
        if not missing_libraries(said) or not wanted:
            return


def _download(package: str, scratch: Path) -> Path:
    before = set(scratch.glob("*.deb"))
    # As root, apt hands the download to an account that cannot write here, and only warns about it.
    _run(["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", package], DOWNLOAD_S, cwd=scratch)
    (archive,) = set(scratch.glob("*.deb")) - before
    return archive


def _run(
    argv: list[str], timeout_s: float, environment: dict[str, str] | None = None, cwd: Path | None = None
) -> str:
    return subprocess.run(
        argv,
        check=True,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **(environment or {})},
    ).stdout


def _library_folders(tree: Path) -> tuple[Path, ...]:
    return tuple(sorted({library.parent for library in tree.rglob("*.so*") if library.is_file()}))
