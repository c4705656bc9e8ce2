"""JSON that a diff can be read of."""

import json
import textwrap


def json_text(value, levels=2):
    """`value` as JSON with one line for each item of the outer `levels`, whatever is inside that item.

    json.dumps has all of it on one line or a line for each value inside; compact-json decides by the length.
    """
    if not levels or not value or not isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        (begin, end), items = "{}", [f"{json_text(key)}: {json_text(item, levels - 1)}" for key, item in value.items()]
    else:
        (begin, end), items = "[]", [json_text(item, levels - 1) for item in value]
    inside = textwrap.indent(",\n".join(items), " ")
    return f"{begin}\n{inside}\n{end}"
