"""Prints the words that the installed LiteLLM knows as JSON. Run by the LiteLLM environment's Python."""

import inspect
import json
import re
from pathlib import Path

import litellm
from litellm.proxy import _types
from litellm.proxy.proxy_cli import run_server
from litellm.proxy.proxy_server import app
from litellm.types.router import LiteLLM_Params

source = "\n".join(file.read_text() for file in Path(litellm.__file__).parent.rglob("*.py"))
words = {
    "flags": [option for each in run_server.params for option in each.opts if option.startswith("-")],
    "variables": re.findall(r"(?:environ|getenv|get_secret)\w*[^\w\n]+(?:get\()?[\"']([A-Z][A-Z0-9_]+)[\"']", source),
    "routes": {*app.openapi()["paths"], *(route.path for route in app.routes if hasattr(route, "path"))},
    "providers": [str(getattr(each, "value", each)) for each in litellm.provider_list],
    "fields": {
        *_types.ConfigYAML.model_fields,
        *_types.ConfigGeneralSettings.model_fields,
        *inspect.signature(litellm.Router).parameters,
        *LiteLLM_Params.model_fields,
        *inspect.signature(litellm.completion).parameters,
    },
}
print(json.dumps({kind: sorted(set(found)) for kind, found in words.items()}))
