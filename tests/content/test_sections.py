"""The sections of the pages, and what they show and lead to."""

import pytest

from scripts.content import pages, sections

PAGE = """---
title: "A page"
# a comment
---

Above, see [below](#seed).

## `seed`

{{< embed ../notebooks/a.ipynb#one,two echo=true >}}

```bash
# not a heading
```

See [there](connect/vllm.qmd#the-two-404s), [whole](deploy.qmd), [outside](https://example.com/a#b).

## 404 and more {.class}

### `seed`

[From the root](/index.qmd)

## Other words {.class #own-name}
"""


@pytest.fixture
def of_page(tmp_path, monkeypatch):
    """The sections of PAGE, as docs/page.qmd."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "page.qmd").write_text(PAGE)
    monkeypatch.setattr(sections, "ROOT", tmp_path)
    return sections.of("docs/page.qmd")


def test_places_are_those_that_pandoc_makes(of_page):
    assert [(section.place, section.level) for section in of_page] == [
        ("docs/page.qmd", 0),
        ("docs/page.qmd#seed", 2),
        ("docs/page.qmd#and-more", 2),
        ("docs/page.qmd#seed-1", 3),
        ("docs/page.qmd#own-name", 2),
    ]


def test_links_are_those_within_the_repository(of_page):
    above, seed, _, again, _ = of_page
    assert above.links() == ["docs/page.qmd#seed"]
    assert seed.links() == ["docs/connect/vllm.qmd#the-two-404s", "docs/deploy.qmd"]
    assert again.links() == ["index.qmd"]


def test_cells_are_those_that_a_section_embeds(of_page):
    assert of_page[1].cells() == [("notebooks/a.ipynb", "one"), ("notebooks/a.ipynb", "two")]
    assert of_page[0].cells() == []


def test_a_cell_is_found_on_every_page_that_shows_it():
    assert sections.showing("notebooks/ollama.ipynb", "empty-answer") == [
        "docs/connect/ollama.qmd#nonetype-object-is-not-iterable",
    ]
    assert sections.showing("notebooks/ollama.ipynb", "no-such-label") == []


def test_places_that_lead_to_another_do_not_count_it_itself():
    found = sections.leading_to("docs/connect/ollama.qmd#a-long-prompt-is-cut")
    assert "docs/errors/long-prompt-half-forgotten.qmd#the-way-out" in found
    assert "docs/connect/ollama.qmd#a-long-prompt-is-cut" not in found


def test_every_page_begins_above_its_first_heading():
    for page in pages.sources():
        assert sections.of(page)[0].place == str(page)
