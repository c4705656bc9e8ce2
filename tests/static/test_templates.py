"""The chat templates that servers are given."""

import jinja2
import pytest

from scripts.common.paths import ROOT

TEMPLATES = sorted(path.relative_to(ROOT) for path in (ROOT / "servers").rglob("*.jinja"))


@pytest.mark.parametrize("path", TEMPLATES, ids=str)
def test_a_chat_template_is_one_for_jinja(path):
    environment = jinja2.Environment(extensions=["jinja2.ext.loopcontrols"], undefined=jinja2.StrictUndefined)
    template = environment.from_string((ROOT / path).read_text())
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]
    said = template.render(messages=messages, tools=None, add_generation_prompt=True)
    assert "Be brief." in said
    assert "Hello" in said
