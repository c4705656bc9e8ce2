"""What a probe is given: a way to make chats on one server with one chatlas class."""

import json
import re
import urllib.request
import warnings

import chatlas
import openai

from chatlas_doctor.probes.evidence import limited

LIMIT = 60  # seconds for one request
CUT = 16  # tokens; a probe that asks for no more of them wants an answer that is short or cut


class Target:
    """One server, asked through one chatlas class.

    Attributes:
        class_name: the chatlas class, for example "ChatOpenAICompletions".
        model: the model id that the server serves.
        api_key: the server's key, "EMPTY" where it asks for none.
        recorder: notes what goes over the wire.
        wording: a system prompt for the chats that have none of their own; "" for none.
        room: tokens that are added to an answer's, for a model that thinks first; an answer that is to be cut keeps
            its few.
    """

    wording, room = "", 0

    def __init__(self, class_name, root, model, api_key, recorder, counted_at="", restart=None, api="/v1"):
        """
        Args:
            root: the server's address without a path.
            counted_at: the address of a server whose /metrics count what runs; "" without one.
            restart: a function that restarts the server and returns when it answers; None where that
                is not ours to do.
            api: the path below `root` that has /chat/completions.
        """
        self.class_name, self.root, self.model, self.api_key = class_name, root, model, api_key
        self.recorder, self.counted_at, self.restart, self.api = recorder, counted_at, restart, api

    def chat(self, system_prompt=None, *, tokens=60, model="", api_key=None, direct=False, **arguments):
        """A new chat at temperature 0 with at most `tokens` tokens an answer, never retried.

        Args:
            api_key: another key than the server's; "" gives the class none.
            direct: past the recorder, so that nothing is noted.
            arguments: passed on to the class.
        """
        root = self.root if direct else self.recorder.root
        if self.class_name == "ChatOllama":
            arguments["base_url"] = root
        else:
            arguments["base_url"] = f"{root}{self.api}"
            if key := self.api_key if api_key is None else api_key:
                arguments["api_key"] = key
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=r"ChatOpenAI\(\) uses")
            chat = getattr(chatlas, self.class_name)(
                system_prompt=system_prompt or self.wording or None,
                model=model or self.model,
                kwargs={"timeout": LIMIT, "max_retries": 0},
                **arguments,
            )
        chat.set_model_params(temperature=0, max_tokens=tokens + (self.room if tokens > CUT else 0))
        return chat

    def ask(self, question, **arguments):
        """The answer of a new chat to one question; `arguments` as for chat()."""
        return ask(self.chat(**arguments), question)

    def client(self, path=None):
        """The openai package's client of the server at `path`, that of its API by default, never retried."""
        path = self.api if path is None else path
        return openai.OpenAI(base_url=self.recorder.root + path, api_key=self.api_key, timeout=LIMIT, max_retries=0)

    @property
    def paths(self):
        """The paths of the POST requests so far."""
        return [exchange.path for exchange in self.recorder.exchanges if exchange.method == "POST"]

    @property
    def bodies(self):
        """The bodies of the POST requests so far."""
        return [exchange.request for exchange in self.recorder.exchanges if exchange.method == "POST"]

    @property
    def responses(self):
        """The texts of the responses to POST requests so far."""
        return [exchange.response for exchange in self.recorder.exchanges if exchange.method == "POST"]

    def running(self):
        """How many requests vLLM or llama.cpp works on, from its /metrics; None where nothing counts them."""
        if not self.counted_at:
            return None
        request = urllib.request.Request(self.counted_at + "/metrics")
        if self.counted_at == self.root:  # llama.cpp asks for its key here, too
            request.add_header("Authorization", f"Bearer {self.api_key}")
        with urllib.request.urlopen(request, timeout=5) as response:
            names = r"^(?:vllm:num_requests_running\{.*\}|llamacpp:requests_processing) (\S+)$"
            counts = re.findall(names, response.read().decode(), re.MULTILINE)
        return int(sum(map(float, counts)))


def ask(chat, question, **arguments):
    """The text of the answer to `question`, a text or a list of contents."""
    contents = question if isinstance(question, list) else [question]
    return str(chat.chat(*contents, echo="none", **arguments))


def tokens_of(chat):
    """Tokens read and written in the last answer, as the server counted them; None where it did not.

    chatlas counts read tokens that the server had cached apart, as the third.
    """
    tokens = chat.get_last_turn().tokens
    return (tokens[0] + sum(tokens[2:]), tokens[1]) if tokens else None


def said(error):
    """The class and the first 300 characters of an error."""
    return f"{type(error).__name__}: {limited(' '.join(str(error).split()), 300)}"


def has_field(text, name):
    """Whether the JSON field `name` is in a response, whole or streamed, with a value that is not empty."""
    return bool(re.search(rf'"{name}"\s*:\s*(?!null|\[\s*\]|\{{\s*\}}|"")', text))


def as_json(text):
    """`text` as JSON, or None where it is none (a stream, a page)."""
    try:
        return json.loads(text)
    except ValueError:
        return None
