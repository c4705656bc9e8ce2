"""What `chatlas-doctor explain` knows: the headers of the site's pages on errors."""

import re

import yaml


def packed(folder):
    """What explain.load() returns, made of the pages in `folder`."""
    found = []
    for page in sorted(folder.glob("*.qmd")):
        header = yaml.safe_load(re.match(r"---\n(.*?)\n---\n", page.read_text("utf-8"), re.DOTALL)[1])
        error = header["entry"]
        if error["match"]:
            title = header["title"]
            title = title[3:-3] if title.startswith("`` ") else title.replace("`", "")
            known = {"exception": error["exception"], "match": error["match"]}
            found.append({"name": page.stem, "title": title, "says": header["description-meta"], **known})
    return found
