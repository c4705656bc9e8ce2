"""Prints the flags of the installed vLLM's `vllm serve` as JSON. Run by the vLLM environment's Python."""

import argparse
import json

from vllm.entrypoints.launchers.cli_args import make_arg_parser
from vllm.utils.argparse_utils import FlexibleArgumentParser

flags = {}
for action in make_arg_parser(FlexibleArgumentParser())._actions:
    for option in action.option_strings:
        flags[option] = {
            "takes_value": action.nargs != 0 and not isinstance(action, argparse.BooleanOptionalAction),
            "choices": [str(choice) for choice in action.choices] if action.choices else None,
        }
print(json.dumps(flags))
