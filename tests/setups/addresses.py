"""The address as it was pasted: the server is right, a careless hand was not."""

from tests.setups.setup import WORKS, Setup

SOURCE = "kept-back set-ups of 26 November 2026 and what people paste into issues"


def pasted(name, address, *names, works=None, misleads=("not an address", "nothing listens", "cannot be read")):
    return Setup(name, SOURCE, names=(WORKS, *names), misleads=misleads, call=(address,), works=works)


SETUPS = [
    pasted("as it should be", "{url}/v1", works=True),
    pasted("with a slash at its end", "{url}/v1/"),
    pasted("in quotes", '"{url}/v1"'),
    pasted("in typographic quotes", "“{url}/v1”"),
    pasted("with the argument's name", 'base_url="{url}/v1",'),
    pasted(
        "a whole curl line", "curl {url}/v1/chat/completions -H 'Content-Type: application/json' -d '{{}}'", works=False
    ),
    pasted("with a zero-width space", "{url}/v1\u200b"),
    pasted("with a no-break space before it", "\u00a0{url}/v1"),
    pasted("in angle brackets", "<{url}/v1>"),
    pasted("as a line of an .env file", "OPENAI_BASE_URL={url}/v1"),
    pasted("without /v1", "{url}", "/v1", works=False),
    pasted("the page of its documentation", "{url}/docs", "/v1", works=False),
    pasted("with /chat/completions", "{url}/v1/chat/completions", "/v1", works=False),
    pasted("with /models", "{url}/v1/models", works=False),
    pasted("0.0.0.0, as servers print it", "http://0.0.0.0:{port}/v1", "127.0.0.1|localhost", works=False),
    pasted("a mistyped scheme", "htp://127.0.0.1:{port}/v1"),
    pasted("one slash too few", "http:/127.0.0.1:{port}/v1"),
    pasted("without a scheme", "127.0.0.1:{port}"),
    pasted("a log line of the server", "INFO: Uvicorn running on {url} (Press CTRL+C to quit)", works=False),
]
