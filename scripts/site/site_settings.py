"""The site's address and the repository's, from [project.urls] in pyproject.toml."""

import tomllib

from scripts.common.paths import ROOT


def read():
    """The settings for `website:` in _quarto.yml; empty while the addresses are not set."""
    urls = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"].get("urls", {})
    settings = {}
    if "Documentation" in urls:
        settings["site-url"] = urls["Documentation"]
    if "Source" in urls:
        settings |= {"repo-url": urls["Source"], "repo-actions": ["edit", "issue"]}
    return settings
