"""A diff of what is written shows the item that changed."""

import json

from scripts.common.json_text import json_text

VALUE = {"date": "2026", "none": [], "cells": [{"id": "a", "says": "ü", "more": [1, 2]}, {"id": "b"}], "by": {"c": {}}}


def test_the_items_of_the_outer_levels_are_lines_and_the_inner_ones_are_not():
    assert json_text(VALUE).splitlines() == [
        "{",
        ' "date": "2026",',
        ' "none": [],',
        ' "cells": [',
        '  {"id": "a", "says": "ü", "more": [1, 2]},',
        '  {"id": "b"}',
        " ],",
        ' "by": {',
        '  "c": {}',
        " }",
        "}",
    ]


def test_it_reads_as_the_same_value_with_all_levels():
    for levels in range(5):
        assert json.loads(json_text(VALUE, levels)) == VALUE
