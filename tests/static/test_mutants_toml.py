"""Each fault of mutants.toml is still in the files that it names, so that a page's author hears of it at once."""

import pytest

from scripts.upkeep import mutants


@pytest.mark.parametrize("each", mutants.load(), ids=lambda each: each.name)
def test_every_mutant_can_still_be_seeded_and_changes_something(each):
    assert mutants.rotten(each) is None, "mend its entry in mutants.toml"
    assert each.find != each.replace
