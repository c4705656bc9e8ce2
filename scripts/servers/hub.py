"""Asks Hugging Face how large a model is, and whether it is handed out only with a token."""

import json
import os
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass

LIMIT = 15  # seconds
WEIGHTS = (".safetensors", ".bin", ".gguf")


@dataclass(frozen=True)
class Facts:
    """What is known of a model.

    Attributes:
        weights: bytes of its weight files, None where that is not known.
        gated: whether a token is needed, None where that is not known.
        unknown: why something is not known, "" otherwise.
    """

    weights: int | None = None
    gated: bool | None = None
    unknown: str = ""


def look_up(model):
    """The Facts of a model on Hugging Face.

    Args:
        model: its id there, such as OWNER/NAME. A path on this machine is unknown there.

    Source of the answer's shape: Hugging Face's documentation of its Hub API (November 2026).
    """
    base = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
    request = urllib.request.Request(f"{base}/api/models/{urllib.parse.quote(model)}?blobs=true")
    token = os.environ.get("HF_TOKEN")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=LIMIT) as response:
            answer = json.load(response)
        sizes = [f.get("size") or 0 for f in answer["siblings"] if f["rfilename"].endswith(WEIGHTS)]
        return Facts(sum(sizes) or None, bool(answer["gated"]), "" if sum(sizes) else "it lists no weight files")
    except urllib.error.HTTPError as error:
        if error.code in (401, 403, 404):  # 401 also for a model that does not exist
            return Facts(gated=True, unknown=f"there is no such model, or it asks for a token ({error.code})")
        return Facts(unknown=f"Hugging Face answered {error.code}")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return Facts(unknown=f"Hugging Face could not be asked: {getattr(error, 'reason', error)}")
