"""Shows that the patches in upstream/chatlas do what they say, on the source distribution of the pinned chatlas.

    make upstream              apply them one after the other: the tests of each fail before it and pass after it, the
                               fidelity test no longer finds what they mend, and chatlas' own tests pass with them,
                               but for those that do not pass without them either
    make upstream ONLY=newest  say which of them no longer apply to the newest chatlas; that is no failure

The environment has what .venv has, and what chatlas' own tests need beyond (requirements/upstream.txt).
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts.common import progress
from scripts.common.cache import key, lock
from scripts.common.paths import BUILD, CACHE, ROOT
from scripts.common.problem import Problem, run_main
from scripts.servers import environments

PATCHES = sorted((ROOT / "upstream" / "chatlas").glob("*.patch"))
TESTS = BUILD / "logs" / "upstream-tests.log"
LIMIT = 1200  # seconds for one run of tests
LOCKS = [environments.REQUIREMENTS / f"{name}.txt" for name in ("client", "dev", "upstream")]
NEW_TEST = re.compile(r"^--- /dev/null\n\+\+\+ b/(tests/test_\w+\.py)$", re.MULTILINE)
# What chatlas' tests expect of the machine that runs them; none of it is a key.
KEYS = {f"{name}_API_KEY": "dummy" for name in ("OPENAI", "ANTHROPIC", "GOOGLE", "OPENROUTER", "DEEPSEEK", "GITHUB")}


def environment():
    """The Python of the environment, which is made if it is not there."""
    folder = CACHE / "environments" / f"upstream-{key(*LOCKS)}"
    python = folder / "bin" / "python"
    with lock("upstream"):
        if not (folder / ".complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            log = BUILD / "logs" / "install-upstream.log"
            make = [sys.executable, "-m", "venv", folder]
            progress.run("creating the upstream environment", make, log, timeout=120, advice=environments.ADVICE)
            files = [argument for file in LOCKS for argument in ("-r", file)]
            install = [*environments.UV, "--python", python, "--require-hashes", "--compile-bytecode", *files]
            title = "installing the upstream environment (chatlas, and what its tests need)"
            progress.run(title, install, log, timeout=1800, advice=environments.ADVICE)
            (folder / ".complete").touch()
    return python


def source(python, folder, wanted):
    """Unpack chatlas' source distribution into the empty `folder`; returns its place there."""
    command = [python, *environments.SOURCE, "--dest", folder, *wanted]
    log = BUILD / "logs" / "download-upstream.log"
    progress.run("downloading chatlas' source distribution", command, log, timeout=300, advice=environments.ADVICE)
    [archive] = folder.glob("*.tar.gz")
    shutil.unpack_archive(archive, folder)
    return folder / archive.name.removesuffix(".tar.gz")


def pinned(folder):
    """pip's arguments for the pinned chatlas, with its hashes."""
    blocks = re.split(r"^(?=\w[\w.-]*==)", LOCKS[0].read_text(), flags=re.MULTILINE)
    file = folder / "chatlas.txt"
    file.write_text(next(block for block in blocks if block.startswith("chatlas==")))
    return ["--require-hashes", "--requirement", file]


def applies(patch, chatlas, *options):
    """Apply a patch, or with `--check` only see whether it would; whether that worked."""
    command = ["git", "apply", *options, patch]
    # beside a repository git looks at paths from that repository's root
    environ = {**os.environ, "GIT_CEILING_DIRECTORIES": str(chatlas.parent)}
    return subprocess.run(command, cwd=chatlas, env=environ, capture_output=True, timeout=60).returncode == 0


def asked(title, python, chatlas, *files, report=None):
    """Run tests of chatlas without a network; returns pytest's exit status, and the seconds it took.

    Raises:
        Problem: they did not end.
    """
    command = [python, "-m", "pytest", "-q", "-x" if not report else "--continue-on-collection-errors", *files]
    command += [f"--report-log={report}", "-n", "auto", "--tb=line"] if report else []
    command += ["-p", "no:shiny-test", "-p", "no:langsmith_plugin", "--block-network", "--record-mode=none"]
    environ = {**os.environ, **KEYS, "PYTHONPATH": str(chatlas)}
    code, seconds = progress.status(title, command, TESTS, timeout=LIMIT, mode="a", cwd=chatlas, env=environ)
    if code is None:
        raise Problem(
            f"{title[0].upper()}{title[1:]} did not end within {LIMIT} s.", f"see {TESTS}.", "try it by hand."
        )
    return code, seconds


def outcomes(title, python, chatlas, *tests):
    """What came of chatlas' own tests: "passed", or the last words of what kept a test from that."""
    report = chatlas.parent / "report.jsonl"
    report.unlink(missing_ok=True)
    _, seconds = asked(title, python, chatlas, *tests, report=report)
    print(f"    ended after {seconds:.0f} s", flush=True)
    found = {}
    for line in map(json.loads, report.read_text().splitlines()):
        if line.get("outcome") in ("failed", "skipped") or line.get("when") == "call":
            words = line.get("longrepr")
            if isinstance(words, dict):
                words = words["reprcrash"]["message"] if words.get("reprcrash") else "it could not be collected"
            elif isinstance(words, list):
                words = words[-1]
            found[line["nodeid"]] = "passed" if line["outcome"] == "passed" else str(words).strip().splitlines()[-1]
    return found


def step_by_step(python, chatlas):
    """Apply the patches, the tests of each before its code.

    Raises:
        Problem: a patch does not apply, its tests pass without it, or fail with it.
    """
    for patch in PATCHES:
        new = NEW_TEST.findall(patch.read_text())
        if not applies(patch, chatlas, "--include=tests/*"):
            raise Problem(f"{patch.name} does not apply.", "chatlas or an earlier patch changed.", "make it anew.")
        without, before = asked(f"the tests of {patch.name} without it", python, chatlas, *new)
        if without != 1:
            raise Problem(f"The tests of {patch.name} do not fail without it.", "they show nothing.", "mend them.")
        if not applies(patch, chatlas, "--include=chatlas/*"):
            raise Problem(f"{patch.name} does not apply.", "chatlas or an earlier patch changed.", "make it anew.")
        with_it, after = asked(f"the tests of {patch.name} with it", python, chatlas, *new)
        if with_it != 0:
            raise Problem(f"The tests of {patch.name} fail with it.", f"{TESTS} says how.", "mend the patch.")
        names = " ".join(new)
        print(f"    {names} fails without it and passes with it ({before:.0f} and {after:.0f} s)", flush=True)


def nothing_broken(python, chatlas, plain):
    """Run chatlas' own tests with the patches, and those that do not pass in `plain`, which has none, too.

    Raises:
        Problem: a test does not pass with the patches, and passes without them.
    """
    after = outcomes("chatlas' own tests, with the patches", python, chatlas, "tests")
    passed = sum(words == "passed" for words in after.values())
    others = {name: words for name, words in after.items() if words != "passed"}
    before = outcomes("those that did not pass, without the patches", python, plain, *others) if others else {}
    broken = [name for name in others if before.get(name, "passed") == "passed"]
    print(f"- {passed} of chatlas' own tests pass with the patches; of the others, {len(broken)} pass without them")
    reasons = {}
    for name in others.keys() - set(broken):
        reasons.setdefault(re.sub(r"\d+", "N", others[name])[:110], []).append(name)
    for words, names in sorted(reasons.items(), key=lambda each: -len(each[1])):
        print(f"    left out: {len(names)}, since: {words}")
    if broken or not passed:
        listed = ", ".join(f"{name} ({others[name]})" for name in broken[:5])
        raise Problem(f"{len(broken)} of chatlas' own tests fail with the patches.", listed, "mend the patch.")


def no_longer_found(python, chatlas):
    """Let the fidelity test look for what the patches mend.

    Raises:
        Problem: it finds it.
    """
    command = [python, "-m", "tests.fidelity", "--patched"]
    alone = chatlas.parent / "alone"  # without chatlas' own folder `tests`, which would hide ours
    alone.mkdir()
    (alone / "chatlas").symlink_to(chatlas / "chatlas")
    environ = {**os.environ, "PYTHONPATH": str(alone)}
    log = BUILD / "logs" / "upstream-fidelity.log"
    code, _ = progress.status("the fidelity test", command, log, timeout=LIMIT, cwd=ROOT, env=environ)
    print(log.read_text())
    if code != 0:
        raise Problem("The fidelity test still finds it.", "the lines above say what.", "mend the patch.")


def on_the_newest():
    """Say which patches no longer apply to the newest chatlas."""
    python = environment()
    with tempfile.TemporaryDirectory(prefix="chatlas-upstream-") as folder:
        chatlas = source(python, Path(folder), ["chatlas"])
        for patch in PATCHES:
            if not applies(patch, chatlas):
                print(f"::notice title={patch.name}::no longer applies to {chatlas.name}: mended there, or moved")
                return
        print(f"All patches apply to {chatlas.name}.")


def main():
    (BUILD / "logs").mkdir(parents=True, exist_ok=True)
    TESTS.write_text("")
    if os.environ.get("ONLY") == "newest":
        return on_the_newest()
    python = environment()
    with tempfile.TemporaryDirectory(prefix="chatlas-upstream-") as name:
        folder = Path(name)
        chatlas = source(python, folder, pinned(folder))
        plain = folder / "plain" / chatlas.name
        shutil.copytree(chatlas, plain)
        step_by_step(python, chatlas)
        no_longer_found(python, chatlas)
        nothing_broken(python, chatlas, plain)
    return 0


if __name__ == "__main__":
    run_main(main)
