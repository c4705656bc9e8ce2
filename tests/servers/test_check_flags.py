"""Flags on the pages against the flags of the installed vLLM."""

from scripts.content import pages
from scripts.servers import check_flags

FLAGS = {
    "--port": {"takes_value": True, "choices": None},
    "--dtype": {"takes_value": True, "choices": ["auto", "bfloat16"]},
    "--enforce-eager": {"takes_value": False, "choices": None},
}


def test_commands_are_found_across_lines_and_in_containers(tmp_path, monkeypatch):
    page = tmp_path / "page.qmd"
    page.write_text(
        "```bash\nvllm serve M \\\n  --port 8000\n```\n\n"
        "```bash\ndocker run vllm/vllm-openai:v1 M --enforce-eager\n```\n"
    )
    monkeypatch.setattr(pages, "text", lambda path: page.read_text())
    assert check_flags.commands(page) == [["M", "--port", "8000"], ["M", "--enforce-eager"]]


def test_good_flags_pass():
    assert check_flags.errors(["M", "--port", "1", "--enforce-eager", "--dtype", "auto"], FLAGS) == []


def test_an_unknown_flag_a_missing_value_and_a_wrong_choice_are_found():
    assert check_flags.errors(["--prt", "1"], FLAGS)[0] == "there is no flag --prt"
    assert check_flags.errors(["--port", "--enforce-eager"], FLAGS) == ["--port needs a value"]
    assert check_flags.errors(["--dtype", "int3"], FLAGS) == ["--dtype does not take 'int3'"]
