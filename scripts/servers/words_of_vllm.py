"""Prints the words that the installed vLLM knows as JSON. Run by the vLLM environment's Python."""

import argparse
import json
import re
from pathlib import Path

import vllm
from huggingface_hub import constants
from vllm import envs
from vllm.entrypoints.launchers.app import build_app
from vllm.entrypoints.launchers.cli_args import make_arg_parser
from vllm.entrypoints.openai.chat_completion.protocol import ChatCompletionRequest
from vllm.reasoning import ReasoningParserManager
from vllm.tool_parsers import ToolParserManager
from vllm.utils.argparse_utils import FlexibleArgumentParser

parser = make_arg_parser(FlexibleArgumentParser())
options = {option: action for action in parser._actions for option in action.option_strings}
app = build_app(parser.parse_args([]), ("generate",))
source = "\n".join(file.read_text() for file in Path(vllm.__file__).parent.rglob("*.py"))
words = {
    "flags": options,
    "switches": [o for o, a in options.items() if a.nargs == 0 or isinstance(a, argparse.BooleanOptionalAction)],
    "choices": {option: [str(choice) for choice in a.choices] for option, a in options.items() if a.choices},
    "variables": {
        *envs.environment_variables,
        *re.findall(r'"(HF_\w+)"', Path(constants.__file__).read_text()),  # what fetches its models
    },
    "routes": {*app.openapi()["paths"], *(route.path for route in app.routes if hasattr(route, "path"))},
    "tool_parsers": ToolParserManager.lazy_parsers,
    "reasoning_parsers": ReasoningParserManager.lazy_parsers,
    "fields": {
        *ChatCompletionRequest.model_fields,
        *(option.lstrip("-").replace("-", "_") for option in options),
        *re.findall(r'labelnames \+ \["(\w+)"', source),
    },
    "metrics": re.findall(r'"(vllm:\w+)"', source),
}
print(json.dumps({kind: found if kind == "choices" else sorted(set(found)) for kind, found in words.items()}))
