"""Commands on the pages, and what vLLM would refuse in one."""

from scripts.content import commands, pages

WORDS = {
    "flags": ["--port", "--dtype", "--enforce-eager", "--tool-call-parser", "--reasoning-parser"],
    "switches": ["--enforce-eager"],
    "choices": {"--dtype": ["auto", "bfloat16"]},
    "tool_parsers": ["hermes"],
    "reasoning_parsers": ["qwen3"],
}


def test_commands_are_found_across_lines_and_in_containers(tmp_path, monkeypatch):
    page = tmp_path / "page.qmd"
    page.write_text(
        "```bash\nvllm serve M \\\n  --port 8000\n```\n\n"
        "```bash\ndocker run vllm/vllm-openai:v1 M --enforce-eager\n```\n"
    )
    monkeypatch.setattr(pages, "text", lambda path: page.read_text())
    assert commands.of_vllm(page) == [["M", "--port", "8000"], ["M", "--enforce-eager"]]


def test_good_flags_pass():
    assert commands.errors(["M", "--port", "1", "--enforce-eager", "--dtype", "auto"], WORDS) == []


def test_an_unknown_flag_a_missing_value_and_a_wrong_choice_are_found():
    assert commands.errors(["--prt", "1"], WORDS)[0] == "there is no flag --prt"
    assert commands.errors(["--port", "--enforce-eager"], WORDS) == ["--port needs a value"]
    assert commands.errors(["--dtype", "int3"], WORDS) == ["--dtype does not take 'int3'"]
    assert commands.errors(["--dtype=int3"], WORDS) == ["--dtype does not take 'int3'"]
    assert commands.errors(["--tool-call-parser", "hermess"], WORDS) == ["--tool-call-parser does not take 'hermess'"]
