"""Expands the GGUF file to float32 safetensors, the form that vLLM loads: the same values, none rounded.

Run by the vLLM environment's Python: convert_model.py GGUF_FILE OUTPUT_FOLDER
"""

import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

gguf, output = Path(sys.argv[1]), sys.argv[2]
print("reading the tokenizer", flush=True)
tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
print("expanding the weights", flush=True)
model = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32)
# Without these two, save_pretrained would try to write the weights quantized again.
del model.config.quantization_config
model.hf_quantizer = None
print("saving", flush=True)
model.save_pretrained(output)
tokenizer.save_pretrained(output)
