"""A plot that a cell stored is shown as an image, on the real site and in the preview."""

import nbformat
import pytest

from scripts.content import pages


@pytest.fixture
def page(tmp_path, monkeypatch):
    """A page that embeds a cell which printed a line and drew a plot."""
    outputs = [
        nbformat.v4.new_output("stream", name="stdout", text="12 requests\n"),
        nbformat.v4.new_output("display_data", data={"text/plain": "<Figure size 1x1>", "image/png": "iVBO\nRw==\n"}),
    ]
    cell = nbformat.v4.new_code_cell("plot()", id="plot", metadata={"fig-alt": "A line."}, outputs=outputs)
    first = nbformat.v4.new_code_cell("a = 1", id="parameters", metadata={"tags": ["parameters"]})
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    monkeypatch.setattr(pages.notebooks, "ROOT", tmp_path)
    monkeypatch.setattr(pages.variables, "derive", dict)
    nbformat.write(nbformat.v4.new_notebook(cells=[first, cell]), tmp_path / "x.ipynb")
    (tmp_path / "page.qmd").write_text("{{< embed x.ipynb#plot >}}\n")
    return "page.qmd"


def test_the_preview_shows_the_image_with_its_text_and_not_its_name(page):
    assert pages.expanded(page) == (
        '```{.default .output}\n12 requests\n```\n\n![](data:image/png;base64,iVBORw==){fig-alt="A line."}\n'
    )
