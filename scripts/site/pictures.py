"""Takes the pictures that are stored as PNG, from the rendered site and from SVG sources.

    make pictures    after `make site`, with Quarto

docs/images/social-card.png is what other sites show of a link; docs/images/vllm-guide.png is in the README.
"""

from scripts.common.paths import ROOT
from scripts.common.problem import Problem, run_main
from scripts.site import browser
from scripts.site.build_site import SITE

IMAGES = ROOT / "docs" / "images"


def take(page, address, name, width, height):
    """Store what `page` shows at `address` as docs/images/`name`."""
    page.set_viewport_size({"width": width, "height": height})
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / name)
    print(f"Stored docs/images/{name}. Look at it.")


def main():
    guide = SITE / "docs" / "connect" / "vllm.html"
    if not guide.exists() or "quarto-" not in guide.read_text()[:500]:
        raise Problem(
            "There is no site to take pictures of.", f"{guide} is not Quarto's.", "run `make site` with Quarto."
        )
    with browser.chromium() as chromium:
        page = chromium.new_page(color_scheme="light")
        take(page, guide.as_uri(), "vllm-guide.png", 1280, 800)
        take(page, (IMAGES / "social-card.svg").as_uri(), "social-card.png", 1200, 630)


if __name__ == "__main__":
    run_main(main)
