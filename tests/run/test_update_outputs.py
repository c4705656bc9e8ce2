"""What `make update-outputs` stores."""

import nbformat

from scripts.run import update_outputs


def test_an_output_that_shows_nothing_is_not_stored():
    printed = nbformat.v4.new_output("stream", name="stdout", text="")
    drawn = nbformat.v4.new_output("display_data", data={"text/plain": "<Figure>", "image/png": "iVBORw=="})
    ended = nbformat.v4.new_output("display_data", data={"text/plain": "", "text/html": "<pre></pre>"})
    assert update_outputs.that_show([printed, ended, drawn]) == [printed, drawn]
