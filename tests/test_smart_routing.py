"""The recipe on the page is the doctor's, and it is short enough to paste."""

from scripts import doctor, notebooks
from scripts.cache import ROOT


def test_the_recipe_is_the_doctors():
    notebook = notebooks.read("notebooks/smart-routing.ipynb")
    cell = next(cell.source for cell in notebooks.code_cells(notebook) if cell.id == "chat-for")
    recipe = cell.split("\n\n\nchat = chat_for(")[0]
    text = (ROOT / "scripts/doctor.py").read_text()
    assert recipe[recipe.index("REGIONS = ") :] in text
    assert len(recipe.splitlines()) <= 25


def test_the_doctor_decides_as_the_recipe_does():
    assert doctor.is_openai("https://api.openai.com/v1")
    assert doctor.is_openai("https://EU.api.openai.com:443/v1")
    assert not doctor.is_openai("https://api.openai.com.example.org/v1")
    assert not doctor.is_openai("https://api.openai.com@example.org/v1")
    assert not doctor.is_openai("http://localhost:8000/v1")
