"""Where the server is, taken from what a person typed or pasted."""

import contextlib
import dataclasses
import ipaddress
import re
import unicodedata
from urllib.parse import quote, urlsplit

from chatlas_doctor.causes import Cause


def is_openai(base_url):
    """Whether the host is api.openai.com or below it: a region, or mTLS."""
    return f".{urlsplit(base_url).hostname}".endswith(".api.openai.com")


@dataclasses.dataclass(frozen=True)
class Address:
    """Where the server is.

    Attributes:
        scheme, host, port: of the server; the host without brackets.
        given: the path as typed, without a slash at its end.
        prefix: the path in front of /v1.
        typed: whether the scheme was typed; if not, it is the doctor's guess.
        cleaned: what was taken off or put right in what was pasted, in words.
        wrong: of these, what would fail in the reader's own code, too.
    """

    scheme: str
    host: str
    port: int
    given: str
    prefix: str
    typed: bool
    cleaned: tuple = ()
    wrong: str = ""

    @property
    def where(self):
        """Host and port, with the brackets of IPv6."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def origin(self):
        """Scheme, host and port as in a URL; the port only where it is not the scheme's own."""
        return f"{self.scheme}://{self.where.removesuffix(f':{default_port(self.scheme)}')}"

    @property
    def is_loopback(self):
        """Whether this is the machine that the doctor runs on."""
        with contextlib.suppress(ValueError):
            return ipaddress.ip_address(self.host).is_loopback
        return self.host == "localhost" or self.host.endswith(".localhost")

    @property
    def is_openai(self):
        """Whether this is OpenAI's own host."""
        return is_openai(self.origin)

    @property
    def exposes_a_key(self):
        """Whether a key would leave this machine in clear text although nobody typed http://."""
        return self.scheme == "http" and not self.typed and not self.is_loopback

    @property
    def says(self):
        """Where the scheme comes from, as the beginning of a sentence."""
        return f"The URL says {self.scheme}" if self.typed else f"No scheme was typed and {self.scheme} was tried"


def default_port(scheme):
    """443 for https, 80 for http."""
    return 443 if scheme == "https" else 80


QUOTES = "\"'`<>\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb"
SPACES = "\u00a0\u2007\u202f\u3000\t\r\n "
ANY_URL = re.compile(
    r"[a-z][a-z0-9+.-]*:/{1,3}(?:\[[0-9a-f:.%]+\])?[^\s\"'`<>|\\()\[\]{}\u201c\u201d\u2018\u2019]+", re.IGNORECASE
)
NAMED = re.compile(r"[\w.-]*(?:url|base|host|endpoint|server)[\w.-]*(?:\s*=\s*|:\s+|:(?=[\"']|https?:))", re.IGNORECASE)
SCHEMES = {"htp": "http", "htpp": "http", "hhtp": "http", "ttp": "http", "httpp": "http", "htttp": "http"}
SCHEMES |= {"htps": "https", "htpps": "https", "htttps": "https", "hhtps": "https", "ttps": "https", "httos": "https"}
OTHERS = {"tcp": "http", "ws": "http", "wss": "https"}  # of Docker's settings, and of what else listens


def unwrapped(text):
    """What was pasted, without what is not part of the address; the words for what was taken off; what was wrong."""
    said, wrong = [], ""
    visible = "".join(c for c in text if unicodedata.category(c) != "Cf" and c not in "\u00a0\u2007\u202f\u3000")
    if visible != text:
        wrong = "The address has a character that one does not see (a zero-width or no-break space)"
        text = visible
    if (narrow := unicodedata.normalize("NFKC", text)) != text and narrow.isascii():
        wrong = wrong or "The address has letters or signs of another width, which only look like the right ones"
        text = narrow
    if re.match(r"\W*https?:\\", text, re.IGNORECASE):
        wrong = wrong or "The address has backslashes, as paths of Windows have them"
        text = text.replace("\\", "/")
    text = text.strip(SPACES)
    bare = text.strip(QUOTES + ",;" + SPACES)
    if bare != text:
        said.append("the quotes around the address were taken off")
        text = bare
    if found := NAMED.match(text):
        said.append(f"{found[0].strip(' =:')} was taken off")
        text = text[found.end() :].strip(QUOTES + ",;" + SPACES)
    in_a_line = re.search(r"\s", text) and not re.match(r"https?://[^\s/]+/[^\s]*\s+\w|https?://\S+\s\w+/?$", text)
    around = not re.match(r"[a-z][a-z0-9+.-]*:/", text, re.IGNORECASE)  # something stands before the scheme
    if (in_a_line or around) and (found := ANY_URL.search(text)):
        said.append("the address was taken out of the line that you gave")
        text = found[0].rstrip(QUOTES + ",;.)")
    elif found := re.match(r"(\S*?:\d+)->\d+/tcp", text):
        said.append("what `docker ps` writes after the address was taken off")
        text = found[1]
    if found := re.match(r"https?:/+(?=https?:/)", text, re.IGNORECASE):
        wrong = wrong or f"{found[0]} stands there twice"
        text = text[found.end() :]
    if found := re.fullmatch(r"\*?:(\d+)(/\S*)?", text):  # as servers and `ss` print that they listen
        text = f"0.0.0.0{text.removeprefix('*')}"
    if found := re.match(r"([a-z]+)(:/+|//)(?=[^/])", text, re.IGNORECASE):
        if other := OTHERS.get(found[1].lower()):
            wrong = wrong or f"{found[0]} is not what a client of chatlas takes, but {other}://"
            return f"{other}://{text[found.end() :]}", said, wrong
        scheme = SCHEMES.get(found[1].lower(), found[1])
        if scheme != found[1] or (found[2] != "://" and scheme.lower() in ("http", "https")):
            wrong = wrong or f"{found[0]} is mistyped for {scheme}://"
            text = f"{scheme}://{text[found.end() :]}"
    return text, said, wrong


def read_address(text):
    """The Address in `text`, in any form that people type or paste.

    Without a scheme, port 443 or 8443, and a host with a dot in its name and no port, are taken for
    https; everything else for http.

    Raises:
        Cause: of kind "usage".
    """
    text, said, wrong = unwrapped(text)
    with contextlib.suppress(ValueError):
        text = f"[{ipaddress.IPv6Address(text)}]"
    try:
        parts = urlsplit(text if "://" in text else f"//{text}")
        scheme, port, host = parts.scheme.lower(), parts.port, (parts.hostname or "").rstrip(".")
        host = host if ":" in host else host.encode("idna").decode()
    except ValueError:  # UnicodeError is one, too
        host = ""
    if not host or re.search(r"[^\w.:%-]", host) or (scheme or "http") not in ("http", "https"):
        raise Cause("usage", "This is not an address of a server.", "Give one like http://localhost:8000.")
    typed = bool(scheme)
    if not typed:
        named = "." in host and not re.fullmatch(r"[\d.]+", host) and ":" not in host and port is None
        scheme = "https" if named or port in (443, 8443) else "http"
    if host in ("0.0.0.0", "::"):
        wrong = wrong or f"{host} is where a server listens, and not what a client calls"
        host = "127.0.0.1" if host == "0.0.0.0" else "localhost"  # a server on :: has both kinds of addresses
    if parts.username is not None:
        said.append("the user name and the password in the address were taken off, and not sent")
    if parts.query:
        wrong = wrong or "The URL has a query (?…) at its end, to which a client cannot add a path"
    path = quote(parts.path, safe="/%:@!$&'()*+,;=~", errors="surrogateescape")  # a request line is ASCII
    given = re.sub(r"/{2,}", "/", path).rstrip("/")
    prefix = re.sub(r"/(chat/completions|completions|responses|embeddings|models|docs|redoc|health)$", "", given)
    prefix = re.sub(r"(/v1)+$", "", prefix)
    return Address(scheme, host, port or default_port(scheme), given, prefix, typed, tuple(said), wrong)
