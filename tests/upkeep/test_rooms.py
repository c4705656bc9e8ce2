"""What holds for every file and room: none grows too large, and each says what it is for."""

import ast

from scripts.common.paths import ROOT
from scripts.upkeep import copies

LONGEST = 400  # lines of a file that is read at one go


def test_no_python_file_is_too_long_to_read_at_one_go():
    files = [name for name in copies.files() if name.suffix == ".py"]
    assert {str(name): n for name in files if (n := len((ROOT / name).read_text().splitlines())) > LONGEST} == {}


def test_every_room_says_what_lives_there():
    rooms = {name.parent for name in copies.files() if name.suffix == ".py" and name.parts[0] == "scripts"}
    undescribed = [
        str(room)
        for room in rooms
        if not (file := ROOT / room / "__init__.py").exists() or not ast.get_docstring(ast.parse(file.read_text()))
    ]
    assert undescribed == []
