"""What _quarto.yml says of the whole site under `website:`, the site's address among it."""

import yaml

from scripts.common.paths import ROOT


def read():
    """The settings; without `site-url` while the site's address is not set."""
    return yaml.safe_load((ROOT / "_quarto.yml").read_text())["website"]
