"""Results of runs, as pages and tables repeat them: an outcome, a version, a date."""

import re

from scripts.common.paths import ROOT
from scripts.upkeep.faults.fault import Kind, Place
from scripts.upkeep.faults.letters import chosen, digit, replaced, slip_in

OUTCOMES = ("supported", "refused", "silently ignored", "works partly", "not applicable", "passed", "failed")


def outcome(text, rng):
    """Another outcome than the one that was measured."""
    found = chosen(re.finditer(r'(?<="outcome": ")[^"]+', text), rng)
    if not found:
        return None
    every = {m[0] for m in re.finditer(r'(?<="outcome": ")[^"]+', text)} | {
        "failed" if found[0] == "passed" else "refused"
    }
    others = sorted(every - {found[0]})
    return replaced(text, found.span(), rng.choice(others)) if others else None


VERSION = r'"(?:chatlas|openai|python|vllm(?:-cpu)?|litellm|ollama|llama-server|version)": "'
RESULTS = {
    "an outcome": outcome,
    "a version": slip_in(re.compile(VERSION + r'(?P<word>[^"]*\d[^"]*)"'), digit),
    "a date": slip_in(re.compile(r'"date": "(?P<word>[\d-]+)"'), digit),
}


def places():
    """The accepted results, of notebooks and of the matrix."""
    groups = [sorted((ROOT / "results").glob(pattern)) for pattern in ("*.json", "matrix/*.json")]
    return [[Place(str(path.relative_to(ROOT))) for path in group] for group in groups]


KIND = Kind("results", places, RESULTS)
