"""Machine: describes the machine of a measurement, without host name and paths."""

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CPUS = Path("/proc/cpuinfo")


def machine() -> dict[str, Any]:
    """Describe this machine, now.

    Returns
    -------
    dict
        `cores` that this process may use, `processor`, `memory_gb`, `system`. Versions of `python`,
        `numpy`, `numba` and `tolqyn`. `commit` of the checkout, with `+` if it has changes, None
        outside of one. `load`, the mean number of running processes over the last minute.
    """
    return {
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "processor": _processor(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: _version(name) for name in ("numpy", "numba", "tolqyn")},
        "commit": commit(ROOT),
        "load": round(os.getloadavg()[0], 2),
    }


def commit(folder: Path) -> str | None:
    """Short name of the commit of a checkout, with `+` if files have changed since."""
    if not (folder / ".git").exists():
        return None
    head = _git(folder, "rev-parse", "--short=12", "HEAD")
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return f"{head}+" if head and changed else head


def _git(folder: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def _processor() -> str:
    lines = CPUS.read_text().splitlines() if CPUS.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
