"""The tree that pandoc reads in a page, as Quarto's own pandoc does: headings with their anchors, links, code.

Of Quarto's shortcodes pandoc knows nothing: `{{< embed … >}}` and `{{< var … >}}` are words of a paragraph or of a
code block here. scripts/content/pages.py reads them.
"""

import functools
import io
import json
import subprocess

import panflute
import pypandoc

from scripts.common import cache
from scripts.common.problem import Broken

READ = "markdown-smart"  # with quotes and dashes as they are written
API = (1, 23, 1)  # of the tree, as panflute writes it
LIMIT = 60  # seconds for one page


def pandoc(text, source, target, place):
    """`text`, which is `source`, as pandoc writes it in the format `target`.

    Kept in the cache folder by its text, because starting pandoc takes longer than most pages do.

    Raises:
        Broken: pandoc cannot read it, or warns of something; `place` says where it stands.
    """

    def asked():
        command = [pypandoc.get_pandoc_path(), "--from", source, "--to", target, "--wrap", "preserve"]
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=LIMIT)
        if done.returncode or done.stderr:
            raise Broken(place, f"pandoc says: {done.stderr}")
        return done.stdout

    return cache.kept("pandoc", (pypandoc.__version__, source, target, text), asked)


def read(text, place):
    """The tree of the page `place` with this text, as a panflute.Doc."""
    return panflute.load(io.StringIO(pandoc(text, READ, "json", place)))


of = functools.cache(read)  # for all who do not change it


def blocks(container):
    """The blocks in document order, those in boxes and tabs (fenced divs) among the others."""
    for block in container.content:
        if isinstance(block, panflute.Div):
            yield from blocks(block)
        else:
            yield block


WALKED = {}  # what everything() found: a page's tree is read once and asked for many things


def everything(element):
    """An element and all below it."""
    if id(element) not in WALKED:
        those = []
        element.walk(lambda part, doc: those.append(part))
        WALKED[id(element)] = element, those  # it has to live on, else another one may get its id
    return WALKED[id(element)][1]


def found(elements, *kinds):
    """The elements of these kinds in `elements` and below them."""
    return [part for element in elements for part in everything(element) if isinstance(part, kinds)]


def code(elements, *languages):
    """The texts of the code blocks in one of `languages`."""
    return [
        block.text for block in found(elements, panflute.CodeBlock) if block.classes[:1] in [[n] for n in languages]
    ]


def inline(elements):
    """The texts of the inline code, `like this`."""
    return [code.text for code in found(elements, panflute.Code)]


def written(blocks, target, place):
    """Blocks as pandoc writes them in the format `target`."""
    whole = {"pandoc-api-version": API, "meta": {}, "blocks": [block.to_json() for block in blocks]}
    return pandoc(json.dumps(whole), "json", target, place)


def check(doc, page):
    """Raise Broken for a fence of a code block that was never closed: pandoc takes it for text, without a warning."""
    heading = "above the first heading"
    for block in blocks(doc):
        if isinstance(block, panflute.Header):
            heading = f'"{panflute.stringify(block)}"'
        words = [word.text for word in found([block], panflute.Str)]
        nested = block.text.splitlines() if isinstance(block, panflute.CodeBlock) else []
        if any(text.startswith(("```", "~~~", ":::")) for text in words + nested):
            raise Broken(f"{page}, {heading}", "a ``` or ::: is opened and not closed, or closed twice")
