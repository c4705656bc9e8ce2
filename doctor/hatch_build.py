"""Packs the errors of the site (docs/errors) into the package, for `chatlas-doctor explain`. It needs pyyaml."""

import json
import sys
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKED = Path("src/chatlas_doctor/errors.json")


class CustomBuildHook(BuildHookInterface):
    """Writes the errors beside the code; a wheel that is built from an sdist takes those that the sdist has."""

    def initialize(self, version, build_data):
        pages = Path(self.root).parent / "docs" / "errors"
        if pages.is_dir():
            sys.path.insert(0, self.root)
            from packing import packed

            text = json.dumps(packed(pages), ensure_ascii=False, indent=1) + "\n"
            (Path(self.root) / PACKED).write_text(text, "utf-8")
        build_data["artifacts"].append(str(PACKED))
