"""What the pages say of the run on a GPU is what was seen there: results/gpu.json."""

import json
import re

import pytest

from scripts.common.paths import ROOT

RAN = json.loads((ROOT / "results/gpu.json").read_text())
NUMBER = re.compile(r"\d+")


def table_rows(page, heading):
    """The cells of the rows below the head of the table in that section."""
    text = (ROOT / page).read_text().partition(f"### {heading}\n")[2].partition("\n##")[0]
    return [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")][2:]


def test_each_figure_was_printed_by_that_run():
    """Row by row: the seconds to the first answer, and the tokens per second for 1, 8 and 64 clients."""
    rows = table_rows("docs/connect/vllm.qmd", "What ran on a GPU")
    shown = [[int(number) for cell in row[1:] for number in NUMBER.findall(cell)] for row in rows]
    timed = [start for start in RAN["vllm"]["starts"] if "tokens_per_second" in start]
    assert shown == [
        [round(start["seconds"]), *(start["tokens_per_second"][clients] for clients in ("1", "8", "64"))]
        for start in timed
    ]
    assert ["--enforce-eager" in row[0] for row in rows] == ["--enforce-eager" in start["flags"] for start in timed]


def test_what_the_page_on_deploying_says_of_llama_cpp_on_a_gpu_was_printed_there():
    row = next(line for line in (ROOT / "docs/deploy.qmd").read_text().splitlines() if "`--n-gpu-layers` |" in line)
    speed = {start["flags"]: start["tokens_per_second"]["4"] for start in RAN["llama-cpp"]["starts"]}
    assert f"at {speed['']} tokens per second for four clients, and at {speed['--n-gpu-layers 0']} with" in row
    assert any("no usable GPU found" in refusal["said"] for refusal in RAN["llama-cpp"]["refusals"])


@pytest.mark.parametrize("row", table_rows("docs/connect/vllm.qmd", "The server does not start"))
def test_each_refusal_was_printed_by_that_run(row):
    said = [refusal["said"] for refusal in RAN["vllm"]["refusals"]]
    assert any(row[0].strip("`") in line for line in said), row[0]
