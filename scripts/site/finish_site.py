"""What a rendered site gets beyond its pages: downloads, redirects, addresses, Markdown twins, fewer icons.

Works on what either renderer has written: Quarto runs it after it has rendered (_quarto.yml), the offline preview
calls it.
"""

import html
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat

from scripts.common.paths import ROOT
from scripts.common.problem import run_main
from scripts.content import guides, notebooks, pages
from scripts.site import icons, markdown_twins, moved, site_settings, your_server

SITE = ROOT / "_site"
FINISHED = "<!-- finished -->\n"  # Quarto may render one page of a site that is there already
LONG = 20  # lines; what a cell printed beyond that is folded
CARD = "docs/images/social-card.png"
MARKED = re.compile(r'<div[^>]* data-highlight="(?P<text>[^"]+)".*?</pre>', re.DOTALL)  # only Quarto writes it
LINE = re.compile(r'<span id="cb\d+-\d+">(?P<code>.*)')
PLAIN_LINK = re.compile(r'<a href="(https?://[^"]*)"((?:(?! class=)[^>])*)>')
OUTPUT = re.compile(r'<div class="cell-output[^"]*">\s*<pre.*?</pre>\s*</div>', re.DOTALL)
NOTEBOOK_PATH = re.compile(r'(data-notebook=")[^"]*/(notebooks/[^"]+")')
# Quarto loads these from outside where a cell has displayed HTML, in case it is a widget; ours never are.
OUTSIDE = re.compile(r"""<script src="https?://[^>]*></script>|<script[^>]*>define\('jquery'.*?</script>""", re.DOTALL)


def finish(site):
    """Finish the site in the folder `site`."""
    address = site_settings.read().get("site-url", "").rstrip("/")
    first_last = reversed(guides.load().values())  # a page offers the first of its notebooks
    offered = {Path(guide.page): guide.notebook for guide in first_last}
    for source in pages.sources():
        page = site / source.with_suffix(".html")
        if not page.exists() or FINISHED in page.read_text():
            continue
        text = NOTEBOOK_PATH.sub(r"\1\2", page.read_text())  # Quarto writes this machine's folders
        text = folded(scrollable(highlighted(external(OUTSIDE.sub("", text)))))
        text = your_server.with_box(text, source)
        if source.stem != "404":
            text = with_tools(text, source, offered.get(source))
        if address:
            text = with_address(text, source, address)
        page.write_text(text.replace("</body>", f"{FINISHED}</body>"))
    icons.reduce(site)
    write_downloads(site)
    markdown_twins.write(site, address)
    moved.write(site)
    if address:
        write_sitemap(site, address)


def external(text):
    """The page whose links to other sites are marked: print shows their addresses, and scripts rewrite the others."""
    return PLAIN_LINK.sub(r'<a class="outside" href="\1"\2>', text)


def scrollable(text):
    """The page whose code and tables, which scroll where they are wide, can be reached with the keyboard to do so."""
    text = text.replace('<div class="sourceCode', '<div tabindex="0" class="sourceCode')
    text = re.sub(r'<pre(?=>| class="(?!sourceCode))', '<pre tabindex="0"', text)  # in sourceCode, the div scrolls
    return text.replace("<table class=", '<table tabindex="0" class=')


def highlighted(text):
    """The page with the lines marked that hold what `highlight` in a code block's header names."""

    def mark(block):
        def mark_line(line):
            code = html.unescape(re.sub(r"<[^>]+>", "", line["code"]))
            marked = line[0].replace("<span id", '<span class="highlighted" id', 1)
            return marked if html.unescape(block["text"]) in code else line[0]

        return LINE.sub(mark_line, block[0])

    return MARKED.sub(mark, text)


def folded(text):
    """The page with outputs of more than LONG lines folded."""

    def fold(match):
        lines = match[0].count("\n")
        if lines <= LONG:
            return match[0]
        return f'<details class="long-output"><summary>What it prints ({lines} lines)</summary>{match[0]}</details>'

    return OUTPUT.sub(fold, text)


def with_tools(text, source, notebook):
    """The page with links to its notebook and its Markdown below its title."""
    links = [f'<a href="{source.stem}.md" type="text/markdown">Markdown</a>']
    if notebook:
        target = os.path.relpath(notebook, source.parent)
        links.insert(0, f'<a href="{target}" download>Download the notebook</a>')
    return text.replace("</h1>", f'</h1>\n<p class="page-tools">{" ".join(links)}</p>', 1)


def with_address(text, source, address):
    """The page with its canonical address and what other sites show of it."""
    header = pages.header(source)
    title, description = (html.escape(header[key], quote=True) for key in ("title", "description-meta"))
    own = f"{address}/{source.with_suffix('.html').as_posix()}".replace("/index.html", "/")
    tags = [
        f'<link rel="canonical" href="{own}">',
        '<meta property="og:type" content="website">',
        f'<meta property="og:title" content="{title}">',
        f'<meta property="og:description" content="{description}">',
        f'<meta property="og:url" content="{own}">',
        f'<meta property="og:image" content="{address}/{CARD}">',
        '<meta name="twitter:card" content="summary_large_image">',
    ]
    return text.replace("</head>", "\n".join([*tags, "</head>"]), 1)


def write_downloads(site):
    """Write what pages offer: the doctor as one file, and the notebooks without their check cells.

    A notebook that no page shows yet is not there.
    """
    doctor = site / "scripts" / "doctor.py"
    doctor.parent.mkdir(exist_ok=True)
    command = [sys.executable, ROOT / "doctor/src/chatlas_doctor/one_file.py"]
    doctor.write_bytes(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)
    for guide in guides.load().values():
        path = site / guide.notebook
        if guide.is_not_run_yet:
            path.unlink(missing_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebooks.for_download(notebooks.read(guide.notebook)), path)


def write_sitemap(site, address):
    """Write sitemap.xml."""
    listed = [source.with_suffix(".html").as_posix() for source in pages.sources() if source.stem != "404"]
    entries = "".join(f"<url><loc>{address}/{page}</loc></url>\n" for page in listed)
    (site / "sitemap.xml").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{entries}</urlset>\n'
    )


def main():
    finish(SITE)


if __name__ == "__main__":
    run_main(main)
