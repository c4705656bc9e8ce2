"""The model's id: what means a served model, and what is another one."""

import difflib
import fnmatch

from chatlas_doctor.causes import Cause


def listed(names, most=8):
    """`names` with commas, and how many more there are."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def difference(wanted, name):
    """How two ids of certainly the same model differ, or "" if they may be two models.

    The same are ids that differ in a slash at the end, in `:latest`, in upper and lower case, and in
    folders or an owner in front that one of them lacks. All else is another model, or may be: a tag,
    a size, a version, a quantisation, another owner.
    """
    ends = [text.rstrip("/").removesuffix(":latest") for text in (wanted, name)]
    ours, theirs = ([part for part in end.split("/") if part not in ("", ".")] for end in ends)
    common = min(len(ours), len(theirs))
    ours_end, theirs_end = ours[len(ours) - common :], theirs[len(theirs) - common :]
    if not common or list(map(str.lower, ours_end)) != list(map(str.lower, theirs_end)):
        return ""
    ways = {
        "has a slash too many at its end": wanted.endswith("/") and not name.endswith("/"),
        "lacks the slash at its end": name.endswith("/") and not wanted.endswith("/"),
        "differs in `:latest`": wanted.rstrip("/").endswith(":latest") != name.rstrip("/").endswith(":latest"),
        "differs in upper and lower case": ours_end != theirs_end,
        "differs in its path": len(ours) != len(theirs),
    }
    return " and ".join(way for way, differs in ways.items() if differs) or "differs in its path"


def find_model(wanted, served):
    """The id under which a model list has the model `wanted`.

    Returns:
        The id, and how `wanted` differs from it: "" where the list has `wanted` itself, or a pattern for
        it (LiteLLM's `openai/*`); (None, "") where no id, or more than one, may be said to mean that model.
    """
    if wanted in served or any(fnmatch.fnmatchcase(wanted, name) for name in served if "*" in name):
        return wanted, ""
    found = [(name, way) for name in served if (way := difference(wanted, name))]
    return found[0] if len(found) == 1 else (None, "")


def not_served(wanted, served):
    """The Cause when the list has no model `wanted`, and the id that is spelled most like it, or None."""
    names = {name.lower(): name for name in served if "*" not in name}
    last = wanted.rstrip("/").rsplit("/", 1)[-1].lower()
    near = difflib.get_close_matches(wanted.lower(), names, 1, 0.5) or [name for name in names if last in name]
    near = near or (list(names) if len(names) == 1 else [])
    closest = names[near[0]] if near else None
    text = f"The model {wanted!r} is not served" + (f"; the closest served id is {closest!r}." if closest else ".")
    return Cause("model", text, f"The server lists: {listed(served)}."), closest


def default_model(served):
    """The model that a snippet uses when none is named: the first that is not for embeddings."""
    return next((name for name in served if "embed" not in name.lower()), served[0])
