"""The server is right; the reader's environment is not."""

import pathlib
import sys

from tests.imitation.openai_like import openai_like
from tests.setups.setup import GOOD, WORKS, Setup, answers, chats

BARE = str(pathlib.Path(sys.base_prefix, "bin", "python3"))  # a Python without chatlas
NO_PROXY = {"NO_PROXY": "localhost,127.0.0.1", "no_proxy": "localhost,127.0.0.1"}
SQUID = (
    "<html><head><title>ERROR: The requested URL could not be retrieved</title></head><body><h1>ERROR</h1>"
    "<p>Access Denied.</p><p>Your cache administrator is webmaster.</p></body></html>"
)


def proxies(address):
    return {"HTTP_PROXY": address, "http_proxy": address, "HTTPS_PROXY": address, "https_proxy": address}


SETUPS = [
    Setup(
        "a proxy is set that does not run, and this machine is not excepted from it",
        "httpx reads HTTP_PROXY for 127.0.0.1 too; github.com/ollama/ollama-python/issues/424; 2026-11",
        names=("proxy",),
        misleads=("^chatlas works", "nothing listens on"),
        environment=proxies("http://127.0.0.9:9"),
    ),
    Setup(
        "a proxy is set, and this machine is excepted from it",
        "python-httpx.org/environment_variables: NO_PROXY; 2026-11",
        names=(WORKS,),
        works=True,
        environment={**proxies("http://127.0.0.9:9"), **NO_PROXY},
    ),
    Setup(
        "a SOCKS proxy is set, and the client has no part for it, though this machine is excepted",
        "github.com/liuzhao1225/YouDub-webui/pull/75: socksio is needed even with NO_PROXY; 2026-11",
        names=("SOCKS|socksio",),
        misleads=("^chatlas works", "nothing listens"),
        environment={"ALL_PROXY": "socks5://127.0.0.1:1080", "all_proxy": "socks5://127.0.0.1:1080", **NO_PROXY},
    ),
    Setup(
        "a corporate proxy answers in place of a machine that only it could know",
        "squid-cache.org, errors/templates/ERR_ACCESS_DENIED; X-Squid-Error; 2026-11",
        answers(403, SQUID, "text/html;charset=utf-8", server="squid/6.10", X_Squid_Error="ERR_ACCESS_DENIED 0"),
        ("proxy", "gpu-box"),
        ("refuses the key", "nothing listens"),
        ("http://gpu-box.invalid:8000/v1",),
        environment=proxies("{url}"),
    ),
    Setup(
        "the reader's own openai.py lies in the folder, and hides the package",
        "docs.python.org/3/tutorial/modules.html#the-module-search-path; github.com/openai/openai-python/issues/332",
        GOOD,
        ("openai\\.py",),
        ("nothing listens",),
        files={"openai.py": "print('my first chat')\n"},
    ),
    Setup(
        "the Python that was named has no chatlas",
        "ModuleNotFoundError; 2026-11",
        GOOD,
        ("chatlas", "not|cannot|without|no module"),
        ("nothing listens",),
        ("{url}/v1", "--python", BARE),
    ),
    Setup(
        "the Python that was named does not exist: a path of Windows",
        "docs.python.org/3/library/venv.html: Scripts\\python.exe; 2026-11",
        GOOD,
        ("[Pp]ython",),
        ("nothing listens", "^chatlas works"),
        ("{url}/v1", "--python", r"C:\Users\ada\venv\Scripts\python.exe"),
    ),
    Setup(
        "a terminal that knows ASCII alone, and an id with an umlaut",
        "docs.python.org/3/using/cmdline.html#envvar-PYTHONIOENCODING; 2026-11",
        chats(openai_like(), "größe:7b"),
        (WORKS,),
        ("does not know", "not served"),
        works=True,
        environment={"PYTHONIOENCODING": "ascii", "LC_ALL": "C"},
    ),
    Setup(
        "a bundle of certificates is named that is not there",
        "httpx, _config.py: SSL_CERT_FILE; 2026-11",
        GOOD,
        ("SSL_CERT_FILE|certificate",),
        ("nothing listens", "^chatlas works"),
        environment={"SSL_CERT_FILE": "/etc/ssl/certs/corporate-root.pem"},
    ),
]
