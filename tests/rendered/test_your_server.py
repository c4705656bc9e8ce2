"""The box "Your server", in a browser: what is typed stands in the code where the runner puts it, and stays here."""

import ast

import pytest

from scripts.content import guides, notebooks

SHOWN = [guide for guide in guides.load().values() if guide.page]
AWKWARD = """a"b'c\\d</script><b>\u2028é"""
ROOT_OF_READER = "http://gpu.example:9000"
MARKED = """() => [...document.querySelectorAll("main pre code")]
  .filter(code => code.querySelector("[data-yours]") && !code.closest("#your-server")).map(code => code.textContent)"""
ERRORS_PAGE = "docs/errors/auto-tool-choice.html"


@pytest.fixture
def box(tab, root):
    """A function that opens a page and types into the box; its tab, and the addresses asked for since it was open."""
    asked = []

    def fill(path, **typed):
        tab.goto(f"{root}/{path}")
        tab.wait_for_load_state("networkidle")
        tab.evaluate("document.getElementById('your-server').open = true")
        asked.clear()
        for name, text in typed.items():
            tab.locator(f"#your-{name}").fill(text)

    tab.on("request", lambda request: asked.append(request.url))
    return fill, tab, asked


def runners(guide, model):
    """The runner's copy of a notebook for the reader's server: the snippet and the parameters, as texts."""
    values = guides.runs(guide)[0].parameters(ROOT_OF_READER, notebooks.FromEnvironment("MY_KEY"), model)
    notebook = notebooks.read(guide.notebook)
    copy = notebooks.with_parameters(notebook, values, chosen=True)
    return [notebooks.snippet(notebook, values, chosen=True), notebooks.parameters_cell(copy).source]


@pytest.mark.parametrize("model", ["qwen3", AWKWARD], ids=["plain", "awkward"])
def test_the_code_is_the_runners_copy(box, model):
    fill, tab, asked = box
    fill("index.html", base_url=ROOT_OF_READER + "/v1/", model=model, api_key="MY_KEY")
    assert asked == []
    for guide in SHOWN:
        tab.goto(tab.url.partition("/index")[0].partition("/docs")[0] + "/" + guide.page.replace(".qmd", ".html"))
        found = [text.rstrip("\n") for text in tab.evaluate(MARKED)]
        wanted = runners(guide, model)
        if guide.name == "parity":  # its snippet is embedded, and its page is that of which-class
            continue
        assert set(wanted) <= set(found), guide.name
        for text in found:
            ast.parse(text)


def test_what_is_no_place_stays_and_outputs_say_whose_they_are(box):
    fill, tab, _ = box
    fill("docs/connect/vllm.html")
    others = """() => [...document.querySelectorAll("main pre")].filter(pre => !pre.querySelector("[data-yours]"))
      .map(pre => pre.textContent)"""
    before, code = tab.evaluate(others), tab.evaluate(MARKED)
    assert tab.locator(".ours").count() == 0
    tab.locator("#your-base_url").fill("http://gpu.example:9000/v1")
    assert tab.evaluate(others) == before
    assert tab.evaluate(MARKED) != code
    assert tab.locator(".ours").count() >= 10
    assert tab.locator(".ours").first.text_content() == "Our server printed this, not yours:"


def test_the_copy_button_copies_what_is_seen(box):
    fill, tab, _ = box
    fill("docs/connect/vllm.html", model=AWKWARD, api_key="MY_KEY")
    (block,) = [b for b in tab.locator(".code-copy-outer-scaffold").all() if "import os" in b.text_content()][:1]
    block.hover()
    block.locator(".code-copy-button").click()
    copied = tab.evaluate("navigator.clipboard.readText()")
    assert copied.strip() == tab.evaluate(MARKED)[0].strip()
    assert "os.environ" in copied


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("api_key", "sk-abcdefgh12345678", "looks like a key"),
        ("api_key", "a1b2c3d4e5f6a7b8c9d0e1f2", "looks like a key"),
        ("model", "hf_abcdefghijklmnop", "looks like a key"),
        ("base_url", "http://me:secret@gpu.example", "no name, key or question"),
        ("base_url", "gpu.example:8000", "begins with http"),
        ("api_key", "MY KEY", "only letters"),
    ],
)
def test_a_key_is_refused_and_not_kept(box, name, text, why):
    fill, tab, asked = box
    fill("docs/connect/vllm.html")
    before = tab.evaluate(MARKED)
    tab.locator(f"#your-{name}").fill(text)
    assert why in tab.locator("#your-server [role=status]").text_content()
    assert tab.locator(f"#your-{name}").get_attribute("aria-invalid") == "true"
    assert tab.evaluate(MARKED) == before
    assert tab.evaluate("localStorage.length") == 0
    assert why != "looks like a key" or tab.locator(f"#your-{name}").input_value() == ""
    assert asked == []


def test_one_button_clears_it_on_every_page(box, root):
    fill, tab, _ = box
    fill(ERRORS_PAGE)
    ours = tab.locator("main").text_content()
    assert not tab.locator(".your-lines").is_visible()
    tab.locator("#your-base_url").fill("https://gpu.example/v1")
    assert 'base_url = "https://gpu.example/v1"' in tab.locator(".your-lines").text_content()
    assert tab.locator(".your-lines").is_visible()
    tab.reload()
    assert tab.locator("#your-server summary").text_content() == "Your server: https://gpu.example/v1"
    tab.evaluate("document.getElementById('your-server').open = true")
    tab.locator("#your-server button").focus()
    tab.keyboard.press("Enter")
    assert tab.evaluate("localStorage.length") == 0
    assert tab.locator("main").text_content() == ours
    tab.goto(f"{root}/docs/connect/vllm.html")
    assert "gpu.example" not in tab.locator("body").text_content()


def test_without_scripts_there_is_no_box_and_the_code_is_ours(chromium, root):
    context = chromium.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(f"{root}/docs/connect/vllm.html")
    assert not tab.locator("#your-server").is_visible()
    assert notebooks.snippet(notebooks.read("notebooks/vllm.ipynb")) in tab.locator("main").text_content()
    context.close()
