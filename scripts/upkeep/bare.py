"""Runs `make test` and `make test-docs` on a bare machine: the smallest Debian 12, with the README's packages.

    make bare                    both
    make bare TARGET=test-docs   one of them

It needs root and debootstrap. The root file system is made anew in _build, with a copy of the
checkout and an empty HOME, whose paths have spaces; it is removed at the end. What runs in it has
processes and mounts of its own, which end with the command. Packages come from where this machine
gets them: apt's and pip's settings and the certificates are copied in.
"""

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from scripts.common import progress
from scripts.common.paths import BUILD, ROOT
from scripts.common.problem import Problem, run_main
from scripts.upkeep import copies

SUITE = "bookworm"  # the oldest Debian whose Python we take
TARGETS = ("test", "test-docs")
LIMIT = 3000  # seconds for a target, with its downloads
README = ROOT / "README.md"
HOME, CHECKOUT = "/home/a reader", "/home/a reader/a clone"  # paths with spaces, as people have them
SETTINGS = ("/etc/resolv.conf", "/etc/hosts", "/etc/pip.conf", "~/.config/pip/pip.conf", "~/.pip/pip.conf")
PASSED_ON = re.compile(  # what says where packages come from, and whom to trust
    r"(PIP|UV)_|(https?|no|all)_proxy$|(SSL_CERT_FILE|REQUESTS_CA_BUNDLE|NODE_EXTRA_CA_CERTS)$", re.IGNORECASE
)
ENTER = """
root=$1; shift
mount -t proc proc "$root/proc"
for folder in /dev /sys; do mount --rbind "$folder" "$root$folder"; done
while [ "$1" != -- ]; do mount --bind -o ro "$1" "$root$1"; shift; done
shift
chroot "$root" "$@"
exit $?  # not the shell's last command: it has to stay, and reap what loses its parent
"""
SAYS = re.compile(r"^(=+ .*\b(passed|failed|error|skipped)\b.* =+|SKIPPED .*|FAILED .*|ERROR .*|Verified: .*|NOT .*)$")


def packages():
    """The packages that the README asks for on Debian."""
    return re.search(r"^sudo apt install (.+)$", README.read_text(), re.MULTILINE)[1].split()


def check():
    """Raise Problem unless this can be done here."""
    missing = [name for name in ("debootstrap", "unshare", "chroot") if not shutil.which(name)]
    if missing or os.geteuid():
        raise Problem(
            "The bare machine cannot be made here.",
            f"{f'there is no {missing[0]} on PATH' if missing else 'a root file system is made by root'}.",
            "on Debian or Ubuntu, as root: `apt install debootstrap debian-archive-keyring`, then the same again.",
        )


def settings():
    """What says where packages come from, and whom to trust.

    Returns:
        Environment variables; files, by their path in the machine; folders that these name.
    """
    variables = {name: value for name, value in os.environ.items() if PASSED_ON.match(name)}
    files = {name.replace("~", HOME): Path(name).expanduser() for name in SETTINGS}
    files = {inside: path for inside, path in files.items() if path.is_file()}
    text = " ".join([*variables.values(), *(path.read_text() for path in files.values() if "pip" in path.name)])
    named = {Path(name) for name in re.findall(r"(?<![\w/])/[\w./+-]+", text.replace("file://", " "))}
    files |= {str(path): path for path in named if path.is_file()}
    folders = {path.parent if path.name == "simple" else path for path in named if path.is_dir()}
    return variables, files, sorted(folders)  # an index in files (simple/) links to packages beside it


class Machine:
    """A root file system in the folder `root`, in which commands run with processes and mounts of their own."""

    def __init__(self, root):
        self.root = Path(root)
        variables, self.files, self.folders = settings()
        self.environ = {"HOME": HOME, "PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", **variables}

    def path(self, inside):
        """Where the file or folder `inside` of the machine is on this one."""
        return self.root / str(inside).lstrip("/")

    def make(self):
        """Make the root file system and copy the checkout and the settings in."""
        # with mounts of its own, too: interrupted, it leaves /proc mounted in what is removed then
        command = ["unshare", "--mount", "debootstrap", "--variant=minbase", SUITE, self.root]
        progress.run(
            f"making the smallest Debian ({SUITE})",
            command,
            BUILD / "logs" / "bare-debootstrap.log",
            timeout=900,
            advice="if it was the network, run the same command again.",
        )
        self.copy_settings()
        for folder in self.folders:
            self.path(folder).mkdir(parents=True, exist_ok=True)
        if shutil.which("apt-config"):
            dump = subprocess.run(["apt-config", "dump", "Acquire"], capture_output=True, text=True, check=True)
            self.path("/etc/apt/apt.conf.d/90machine").write_text(dump.stdout)
        for name in copies.files():
            target = self.path(CHECKOUT) / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)

    def copy_settings(self):
        """Copy the files in that say where packages come from, and whom to trust."""
        for inside, file in self.files.items():
            target = self.path(inside)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)

    def run(self, title, command, log, timeout):
        """Run `command` in the machine; raises Problem when it fails or takes longer than `timeout`."""
        enter = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", ENTER, "enter", self.root]
        log = BUILD / "logs" / f"bare-{log}.log"
        advice = f"read {log}; the machine itself is gone."
        return progress.run(title, [*enter, *self.folders, "--", *command], log, timeout, advice, env=self.environ)


@contextlib.contextmanager
def machine():
    """A bare Machine with the README's packages; it is removed at the end of the block."""
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bare-", dir=BUILD) as root:
        made = Machine(root)
        made.make()
        made.run("asking apt for its lists", ["apt-get", "update"], "update", 600)
        install = ["apt-get", "install", "--yes", "--no-install-recommends", *packages()]
        made.run(f"installing what the README asks for ({' '.join(packages())})", install, "install", 900)
        made.copy_settings()  # once more: python3-venv brings certificates, in the place of this machine's
        shell = 'cd "$0" && git init --quiet && git add --all'  # as a clone, it has to know its files
        made.run("making the copy a repository", ["sh", "-c", shell, CHECKOUT], "git", 60)
        yield made


def main():
    check()
    targets = [os.environ["TARGET"]] if os.environ.get("TARGET") else TARGETS
    took = {}
    with machine() as bare:
        for target in targets:
            try:
                took[target] = bare.run(f"make {target}", ["make", "-C", CHECKOUT, target], target, LIMIT)
            finally:
                print("".join(f"    {line}\n" for line in said(target)), end="", flush=True)
    print("\nOn the smallest Debian 12 with the README's packages passed: ", end="")
    print(", ".join(f"make {target} ({seconds:.0f} s)" for target, seconds in took.items()) + ".")


def said(target):
    """The lines of a target's log that say what passed and what was not verified."""
    log = BUILD / "logs" / f"bare-{target}.log"
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return [line[:200] for line in lines if SAYS.match(line)]


if __name__ == "__main__":
    run_main(main)
