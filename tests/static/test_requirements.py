"""Pins have one home each, with hashes, and the locks belong to their .in files."""

import fnmatch
import re

import pytest
import yaml

from scripts.common.paths import ROOT

FOLDER = ROOT / "requirements"
LOCKS = sorted(path.stem for path in FOLDER.glob("*.in"))


def pins(path):
    return dict(re.findall(r"^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", path.read_text(), re.MULTILINE))


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_has_what_the_in_file_asks_for(name):
    asked, locked = pins(FOLDER / f"{name}.in"), pins(FOLDER / f"{name}.txt")
    assert asked
    assert asked.items() <= locked.items(), "run `make lock`"


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_a_hash(name):
    text = (FOLDER / f"{name}.txt").read_text()
    assert all("--hash=sha256:" in block for block in re.split(r"^(?=\w[\w.-]*==)", text, flags=re.MULTILINE)[1:])


def test_client_and_dev_agree():
    client, dev = pins(FOLDER / "client.txt"), pins(FOLDER / "dev.txt")
    assert {name: dev[name] for name in client.keys() & dev} == {name: client[name] for name in client.keys() & dev}


def test_no_bot_moves_the_pins_of_the_original_report():
    (pip, _) = yaml.safe_load((ROOT / ".github/dependabot.yml").read_text())["updates"]
    (pattern,) = pip["exclude-paths"]
    left_out = {path.name for path in FOLDER.iterdir() if fnmatch.fnmatch(f"requirements/{path.name}", pattern)}
    assert left_out == {f"vllm-report{end}" for end in (".in", ".txt", "-torch.txt", "-excludes.txt")}


def test_every_pin_says_why_it_is_there():
    not_locked = [FOLDER / f"{name}.txt" for name in ("uv", "torch", "vllm-report-torch", "quarto")]
    for path in [*FOLDER.glob("*.in"), *not_locked]:
        text = path.read_text()
        for line in text.splitlines():
            if "==" in line:
                assert "  # " in line or text.startswith("# "), f"{path.name}: {line}"
