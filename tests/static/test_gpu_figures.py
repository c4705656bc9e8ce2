"""What the pages say of the run on a GPU is what was seen there: results/gpu.json."""

import json
import re

import pytest

from scripts.common.paths import ROOT

RAN = json.loads((ROOT / "results/gpu.json").read_text())
NUMBER = re.compile(r"\d+(?:\.\d+)?")


def values(part):
    """Every number and text inside `part`."""
    if isinstance(part, dict | list):
        for inner in part.values() if isinstance(part, dict) else part:
            yield from values(inner)
    else:
        yield part


def table_rows(page, heading):
    """The cells of the rows below the head of the table in that section."""
    text = (ROOT / page).read_text().partition(f"### {heading}\n")[2].partition("\n##")[0]
    return [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")][2:]


def test_each_figure_was_printed_by_that_run():
    rows = table_rows("docs/connect/vllm.qmd", "What ran on a GPU")
    shown = {float(number) for row in rows for cell in row[1:] for number in NUMBER.findall(cell)}
    seen = {round(value) for value in values(RAN["vllm"]["starts"]) if isinstance(value, int | float)}
    assert rows
    assert shown <= seen, shown - seen


@pytest.mark.parametrize("row", table_rows("docs/connect/vllm.qmd", "The server does not start"))
def test_each_refusal_was_printed_by_that_run(row):
    said = [refusal["said"] for refusal in RAN["vllm"]["refusals"]]
    assert any(row[0].strip("`") in line for line in said), row[0]
