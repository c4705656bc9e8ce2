"""The box "Your server" on every page with Python code, and the marks around what it replaces there.

The places are those that the runner fills (notebooks.Code); docs/your-server.js fills them in the reader's browser.
"""

import functools
import html
import os
import re

from scripts.content import guides, notebooks, pages

SCRIPT = "docs/your-server.js"
BLOCK = re.compile(r"(<pre\b[^>]*>\s*<code\b[^>]*>)(.*?)(?=</code>)", re.DOTALL)
PIECE = re.compile(r"<[^>]+>|&#?\w+;|.", re.DOTALL)
MARK = '<span data-yours="{}">'
LINES = """<div class="your-lines">
<p>The cells on this page use these names:</p>
<pre tabindex="0"><code>{}</code></pre>
</div>
"""
BOX = """<details id="your-server" hidden>
<summary>Your server<span></span></summary>
<form autocomplete="off">
<p>What you type replaces our server in the Python code of every page. It stays in this browser.</p>
<label for="your-base_url">Base URL</label>
<input id="your-base_url" name="base_url" inputmode="url" spellcheck="false" placeholder="http://localhost:8000/v1">
<label for="your-model">Model</label>
<input id="your-model" name="model" spellcheck="false" placeholder="as your server lists it">
<label for="your-api_key">Environment variable that holds the key (its name, not the key)</label>
<input id="your-api_key" name="api_key" spellcheck="false" placeholder="MY_SERVER_KEY">
<p role="status"></p>
<button type="button">Clear</button>
</form>
{}</details>
"""


@functools.cache
def codes():
    """Every Code that a page may show, by its text: the snippets and the parameters of all notebooks."""
    found = {}
    for guide in guides.load().values():
        notebook = notebooks.read(guide.notebook)
        every = [notebooks.parameters_code(notebook)]
        every += [] if guide.is_of_errors else [notebooks.snippet_code(notebook)]
        found |= {code.text: code for code in every}
    return found


def marked(block, code):
    """The HTML `block`, which shows the text of `code`, with a mark around each of its places."""
    pieces, at, depth, opened = [], 0, 0, None
    starts, ends = [{getattr(p, side): p for p in code.places if p.end} for side in ("start", "end")]
    empty = [p for p in code.places if not p.end]

    def close():
        nonlocal opened
        pieces.append("</span>")
        opened = None

    waiting = False  # for the tags that were opened inside a mark
    for piece in PIECE.findall(block):
        if piece.startswith("<"):
            if waiting and (depth == opened or not piece.startswith("</")):
                close()
                waiting = False
            depth += -1 if piece.startswith("</") else 1
            pieces.append(piece)
            continue
        if waiting:
            close()
            waiting = False
        if at == 0:
            pieces += [f"{MARK.format(p.name)}</span>" for p in empty]
        if at in starts and opened is None:
            back = len(pieces)
            while pieces[back - 1].startswith("<span class=") and "highlighted" not in pieces[back - 1]:
                back -= 1
                depth -= 1
            opened = depth
            depth += len(pieces) - back
            pieces.insert(back, MARK.format(starts[at].name))
        pieces.append(piece)
        at += 1
        waiting = at in ends and opened is not None
    if waiting:
        close()
    return "".join(pieces)


def with_box(text, source):
    """The page with its places marked and the box before its first Python code; as it is without such code."""
    known = codes()

    def mark(match):
        shown = html.unescape(re.sub(r"<[^>]+>", "", match[2])).rstrip("\n")
        return match[1] + (marked(match[2], known[shown]) if shown in known else match[2])

    text = BLOCK.sub(mark, text)
    first = text.find("data-yours=")
    lines = ""
    if first < 0:
        embedded = [path for path, _, echo in pages.embeds(source) if echo]
        first = re.search(r'<code class="[^"]*python|<pre[^>]* class="[^"]*python', text)
        if not embedded or not first:
            return text
        first = first.start()
        shown = notebooks.parameters_code(notebooks.read(embedded[0]))
        lines = LINES.format(marked(html.escape(shown.text, quote=False), shown))
    at = max(text.rfind(before, 0, first) for before in ('<div class="code-copy-outer-scaffold', "<pre"))
    scaffold = text.rfind('<div class="code-copy-outer-scaffold', 0, first)
    at = scaffold if scaffold >= 0 and "</pre>" not in text[scaffold:first] else at
    script = f'<script src="{os.path.relpath(SCRIPT, source.parent)}" defer></script>\n'
    return (text[:at] + BOX.format(lines) + text[at:]).replace("</body>", f"{script}</body>")
