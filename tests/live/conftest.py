"""The servers that several tests of this folder ask; each is started once."""

import dataclasses
import os

import pytest

from scripts.content import backends
from scripts.servers import serve


@pytest.fixture(scope="session")
def root():
    """A running vLLM's address without /v1: the one that VLLM_BASE_URL names, or one started now."""
    if base_url := os.environ.get("VLLM_BASE_URL"):
        yield base_url.removesuffix("/v1")
        return
    vllm = backends.get("vllm")  # on its usual port, so that the doctor finds it there
    with serve.serving(vllm, serve.prepare(vllm)) as server:
        yield server.root


@pytest.fixture(scope="session")
def litellm(root):
    """A LiteLLM proxy in front of the running vLLM."""
    proxy = dataclasses.replace(backends.get("litellm"), name="litellm-tests", port=0)
    with serve.serving(proxy, serve.prepare(proxy), f"{root}/v1") as server:
        yield server
