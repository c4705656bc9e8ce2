"""Where things are: the repository, what is built in it, and the user's cache folder."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "_build"  # ignored by git: logs, results, the rendered site
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "chatlas-local-models"
