"""Opens the one issue that says that the newest releases fail, or adds a comment to it.

Run by the nightly workflow, after `make newest` failed. Needs GitHub's `gh`, signed in. RUN_URL, from
the environment, is the address of the run that failed.
"""

import json
import os
import shutil
import subprocess

from scripts.common.problem import Problem, run_main

TITLE = "The newest releases fail"


def gh(*arguments):
    """What `gh` prints; raises Problem when it fails."""
    done = subprocess.run(["gh", *arguments], capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise Problem(
            "The issue cannot be opened.", done.stderr.strip(), "sign in with `gh auth login`, or set GH_TOKEN."
        )
    return done.stdout


def body(run_url):
    """The text of the issue, or of its next comment."""
    where = f"The run: {run_url}" if run_url else "It was run by hand."
    return f"`make newest` failed: something on the site is not true of the newest releases.\n\n{where}\n"


def command(open_issues, text):
    """The arguments of `gh` that say `text` in the open issue of this title, or open it.

    Args:
        open_issues: a list of dicts with number and title.
    """
    numbers = [issue["number"] for issue in open_issues if issue["title"] == TITLE]
    if numbers:
        return ["issue", "comment", str(min(numbers)), "--body", text]
    return ["issue", "create", "--title", TITLE, "--body", text]


def main():
    if not shutil.which("gh"):
        raise Problem("The issue cannot be opened.", "there is no program `gh` on PATH.", "install GitHub's CLI.")
    search = ["--state", "open", "--search", f'in:title "{TITLE}"', "--json", "number,title"]
    print(gh(*command(json.loads(gh("issue", "list", *search)), body(os.environ.get("RUN_URL", "")))).strip())
    return 0


if __name__ == "__main__":
    run_main(main)
