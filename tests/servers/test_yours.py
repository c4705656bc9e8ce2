"""A server that somebody has: its guide is executed, and it is not taken for ours because of its model's name."""

import pytest

from scripts.content import backends
from scripts.servers import yours
from tests.imitation.server import reply


def listing(owner):
    """A server that lists a model with our model's name and this owner."""
    entry = {"id": "smollm2", "object": "model", "owned_by": owner}

    def behave(handler):
        there = handler.path == "/v1/models"
        return reply(handler, 200 if there else 404, {"object": "list", "data": [entry]} if there else {})

    return behave


@pytest.mark.parametrize(
    ("owner", "guide", "ours"), [("vllm", "vllm", True), ("llamacpp", "llama-cpp", False), ("somebody", "vllm", False)]
)
def test_the_guide_is_that_of_the_server_and_only_its_own_kind_is_ours(imitate, owner, guide, ours):
    url = f"http://127.0.0.1:{imitate(listing(owner)).server_port}/v1"
    assert yours.guide_for(url) == guide
    vllm = backends.get("vllm")
    with yours.server(vllm, url) as server:
        assert server.model == "smollm2"
        assert yours.is_ours(server, vllm) == ours
