"""Addresses and keys as they come out of documents, logs and files."""

from tests.setups.addresses import pasted
from tests.setups.keys import OURS, as_sent
from tests.setups.setup import Setup


def key(name, source, value, *names, **options):
    return Setup(
        name, source, as_sent(OURS), ("key", *names), ("^chatlas works", "nothing listens"), key=value, **options
    )


SETUPS = [
    pasted("a link in Markdown", "[{url}/v1]({url}/v1)"),
    pasted("in backticks", "`{url}/v1`"),
    pasted("a line of JSON", '"base_url": "{url}/v1",'),
    pasted("a line of Python", 'client = OpenAI(base_url="{url}/v1", api_key="not-needed")'),
    pasted("with the full stop of its sentence", "{url}/v1."),
    pasted("with /v1 twice", "{url}/v1/v1", "/v1", works=False),
    pasted("with the scheme twice", "http://{url}/v1"),
    pasted("with backslashes", "http:\\\\127.0.0.1:{port}\\v1"),
    pasted("[::] as Go's servers print it", "[::]:{port}", "127.0.0.1|localhost", works=False),
    pasted("a column of `docker ps`", "0.0.0.0:{port}->8000/tcp", "127.0.0.1|localhost", works=False),
    pasted("with Docker's scheme", "tcp://127.0.0.1:{port}"),
    pasted("with a colon of another width", "http\uff1a//127.0.0.1:{port}/v1"),
    key(
        "a carriage return at the key's end, from a file made on Windows",
        "github.com/docker/compose/issues/9761 and its kin: CRLF in .env; 2026-11",
        OURS + "\r",
        "line break|carriage|white ?space|CR",
    ),
    key(
        "the whole header in place of the key",
        "people paste curl's -H; github.com/BerriAI/litellm/issues/9132; 2026-11",
        f"Authorization: Bearer {OURS}",
        "Authorization|Bearer",
    ),
    key(
        "the key as a web page shows it, with its middle left out",
        "LiteLLM's and OpenAI's dashboards show sk-...b51d2; 2026-11",
        "sk-...b51d2",
        r"refuse|wrong|not accept|401|left out|short|\.\.\.",
    ),
    key(
        "the whole line of an .env file in place of the key",
        "dotenv files; 2026-11",
        f"OPENAI_API_KEY={OURS}",
        "OPENAI_API_KEY|name",
    ),
    key(
        "a placeholder in place of the key",
        "`your_api_key_here`, as in .env.example files; LiteLLM quotes it in its 401; 2026-11",
        "your_api_key_here",
        "placeholder|refuse|wrong|not accept|401",
    ),
    key(
        "the key is in OPENAI_API_KEY alone, where the client finds it and the doctor must not take it in silence",
        "openai-python, _client.py: os.environ.get('OPENAI_API_KEY'); 2026-11",
        None,
        "OPENAI_API_KEY",
        environment={"OPENAI_API_KEY": OURS},
    ),
]
