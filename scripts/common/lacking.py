"""What this machine lacks, and the package that brings it. Runs on the system's Python, without packages."""

import ctypes
import os
import platform
import re
import shutil
import sys
from importlib.util import find_spec

from scripts.common.problem import Problem

INSTALL = {"debian": "apt install", "fedora": "dnf install", "arch": "pacman -S", "suse": "zypper install"}
TITLES = {"debian": "Debian, Ubuntu", "fedora": "Fedora, RHEL", "arch": "Arch", "suse": "openSUSE"}
VENV = "Python's venv module with ensurepip"
PACKAGES = {  # in the order of INSTALL
    "libnuma.so.1": ("libnuma1", "numactl-libs", "numactl", "libnuma1"),
    "libatomic.so.1": ("libatomic1", "libatomic", "gcc-libs", "libatomic1"),
    "libstdc++.so.6": ("libstdc++6", "libstdc++", "gcc-libs", "libstdc++6"),
    "lscpu": ("util-linux",) * 4,
    "git": ("git",) * 4,
    "c++": ("g++", "gcc-c++", "gcc", "gcc-c++"),
    VENV: ("python{0}.{1}-venv", "python{0}.{1}", "python", "python{0}{1}"),
}


def family():
    """The key of INSTALL that this machine's distribution goes by, None for another one."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return None
    names = [release.get("ID", ""), *release.get("ID_LIKE", "").split()]
    known = {"debian": "debian", "ubuntu": "debian", "fedora": "fedora", "rhel": "fedora", "arch": "arch"}
    found = [known.get(name) or ("suse" if "suse" in name else None) for name in names]
    return next(filter(None, found), None)


def advice(things):
    """How to install `things`, keys of PACKAGES: a command here, the packages' names on another distribution."""
    by_family = {
        name: " ".join(dict.fromkeys(PACKAGES[thing][place].format(*sys.version_info) for thing in things))
        for place, name in enumerate(INSTALL)
    }
    here = family()
    if here:
        return f"`sudo {INSTALL[here]} {by_family[here]}`"
    return "install " + ", ".join(f"{packages} ({TITLES[name]})" for name, packages in by_family.items())


def library_advice(text):
    """How to install the shared libraries that `text`, a log or an error, says cannot be opened; "" if it says none."""
    named = dict.fromkeys(re.findall(r"([\w.+-]+\.so[.\d]*): cannot open shared object file", text))
    known = [name for name in named if name in PACKAGES]
    others = [name for name in named if name not in PACKAGES]
    parts = [advice(known)] if known else []
    parts += [f"install the package that has {' and '.join(others)}"] if others else []
    return ", ".join(parts)


def loads(library):
    """Whether a program here finds the shared library of that name."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def for_client():
    """Raise Problem if Python cannot make a virtual environment, or if there is no git."""
    missing = [] if find_spec("venv") and find_spec("ensurepip") else [VENV]
    missing += [] if shutil.which("git") else ["git"]
    refuse("The client environment cannot be made here.", missing)


def for_vllm():
    """Raise Problem if the embedded vLLM lacks something that no Python package brings."""
    missing = [] if loads("libnuma.so.1") else ["libnuma.so.1"]
    missing += [] if shutil.which("lscpu") else ["lscpu"]
    refuse("The embedded vLLM server cannot start here.", missing)
    if not os.path.isdir("/sys/devices/system/cpu"):
        raise Problem(
            "The embedded vLLM server cannot start here.",
            "it asks `lscpu` for the processors, and that reads /sys, which is not mounted.",
            "mount it (in a chroot: `mount -t sysfs sysfs /sys`), then run the same command again.",
        )


def refuse(what, missing):
    """Raise Problem, which begins with `what`, if `missing` (keys of PACKAGES) names anything."""
    if missing:
        then = f"{advice(missing)}, then run the same command again."
        raise Problem(what, f"this machine lacks {' and '.join(missing)}.", then)
