"""Shortens exchanges to what a reader needs to believe a finding."""

import re

EXCHANGES = 3  # kept of each probe: the last ones
TEXT = 120  # characters of a text in a request
RESPONSE = 500  # characters of a response
IDS = re.compile(
    r'("(?:id|call_id|item_id|response_id|system_fingerprint|created|created_at|completed_at)"\s*:\s*)("[^"]*"|[\d.]+)'
)


def shortened(exchanges, api_key, root):
    """The last exchanges as dicts, long texts cut, ids and times left out.

    Args:
        exchanges: recorder.Exchange objects.
        api_key: the server's key, blacked out should it turn up.
        root: the recorder's address, which is another one each time.

    Returns:
        A list of dicts: method, path, request, status, response.
    """

    def clean(text):
        text = text.replace(root, "http://localhost")
        return text if api_key == "EMPTY" else text.replace(api_key, "KEY")

    def cut(value):
        if isinstance(value, str):
            value = clean(value)
            return value if len(value) <= TEXT else f"{value[:TEXT]}… ({len(value)} characters)"
        if isinstance(value, dict):
            return {key: cut(item) for key, item in value.items()}
        if isinstance(value, list):
            return [cut(item) for item in value]
        return value

    return [
        {
            "method": exchange.method,
            "path": exchange.path,
            "request": cut(exchange.request),
            "status": exchange.status,
            "response": IDS.sub(r'\1"…"', clean(exchange.response))[:RESPONSE],
        }
        for exchange in exchanges[-EXCHANGES:]
    ]
