"""What the page on other servers says of chatlas: asked of an imitation that lacks one thing at a time.

The page's tables are read: the first cell of a row is a key of LACKS, and what its second cell says has to be seen.
"""

import functools
import re

import openai
import panflute
import pytest
from chatlas import ChatOpenAI, ChatOpenAICompletions
from pydantic import BaseModel

from scripts.content import sections, tree
from tests.imitation.openai_like import TEXT, openai_like

PAGE = "docs/connect/another-server.qmd"
pytestmark = pytest.mark.filterwarnings("ignore:ChatOpenAI", "ignore:Calling tool", "ignore:Pydantic serializer")


SAID = "".join(TEXT)


class City(BaseModel):
    city: str


# What a reader asks for, each a function of the server's address.


def connect(url, root="/v1", kind=ChatOpenAICompletions):
    return kind(base_url=f"{url}{root}", api_key="EMPTY", model="m", kwargs={"max_retries": 0})


def chat(url, stream=True, **options):
    return str(connect(url, **options).chat("hi", echo="none", stream=stream))


whole = functools.partial(chat, stream=False)


def after_a_chat(read, stream=True):
    """Ask for something that a chat has once it was answered."""

    def ask(url):
        asked = connect(url)
        asked.chat("hi", echo="none", stream=stream)
        return str(read(asked))

    return ask


def finish_reason(asked):
    return asked.get_last_turn().finish_reason


def tokens(asked):
    return [entry["tokens"] for entry in asked.get_tokens()]


def structured(url, **options):
    return connect(url, **options).chat_structured("hi", data_model=City).city


def tool(url, stream=True, **options):
    """A sentence on what became of the tool that the model called."""
    cities = []

    def weather(city: str = ""):
        """The weather in a city."""
        cities.append(city)
        return "sunny"

    asked = connect(url, **options)
    asked.register_tool(weather)
    asked.chat("hi", echo="none", stream=stream)
    if not cities:
        return "The tool is not called."
    return "The tool is called." if cities == ["Paris"] else "The tool is called without its arguments."


def models(url, **options):
    return str([entry["id"] for entry in connect(url, **options).list_models()])


def everything(url):
    """Ask for all of it."""
    asks = {
        chat: SAID,
        whole: SAID,
        after_a_chat(finish_reason): "success",
        after_a_chat(finish_reason, stream=False): "success",
        after_a_chat(tokens): "[9, 3]",
        structured: "Paris",
        tool: "The tool is called.",
        models: "['m']",
    }
    wrong = [got for ask, good in asks.items() if (got := seen(ask, url)) != good]
    return f"It gives {wrong}" if wrong else "It works."


def words_of_an_error(url):
    """What the page tells to print when an error has no words."""
    with pytest.raises(openai.APIStatusError) as error:
        chat(url)
    return error.value.response.text


def words_in_an_answer(url):
    """What the page's cell prints of an answer that is an error."""
    server = openai.OpenAI(base_url=f"{url}/v1", api_key="EMPTY")
    return str(server.chat.completions.create(model="m", messages=[]).to_dict())


def seen(ask, url):
    """What a reader sees: the answer, or the error's class and text."""
    try:
        return ask(url)
    except Exception as error:  # whatever it is, the page has to say so
        return f"{type(error).__name__}: {error}"


# What a server may lack.


def each_choice(change):
    """An edit of every choice in an answer or in its pieces."""
    return lambda part: [change(choice) for choice in part["choices"]]


def each_message(change):
    return each_choice(lambda choice: change(choice.get("message", choice.get("delta"))))


def each_call(change):
    return each_message(lambda message: [change(call) for call in message.get("tool_calls", [])])


def without(*names):
    return lambda record: [record.pop(name, None) for name in names]


def with_(**values):
    """An edit of what is there already."""
    return lambda record: record.update({name: value for name, value in values.items() if name in record})


def arguments_as_json(call):
    call["function"]["arguments"] = {"city": "Paris"}


def no(field):
    """A refusal of every request in which this field is set."""
    return lambda body: (400, {"error": {"message": f"no {field}"}}) if body.get(field) else None


def no_parts(body):
    """A refusal of messages whose content is a list."""
    if isinstance(body["messages"][-1]["content"], list):
        return 400, {"error": {"message": "content must be a string"}}
    return None


def always(*answer):
    return lambda body: answer


class Lack:
    """A server that lacks something, what it is asked, and the way out: what is asked instead, and what that gives."""

    def __init__(self, ask=chat, way_out=None, gives=SAID, **lacks):
        self.ask, self.way_out, self.gives, self.behave = ask, way_out, gives, openai_like(**lacks)


LACKS = {
    # routes and requests
    "no /v1/models": Lack(models, chat, models=False),
    "no /v1 in its routes": Lack(chat, functools.partial(chat, root=""), root=""),
    "no /v1/responses": Lack(functools.partial(chat, kind=ChatOpenAI), chat),
    "no streaming: it answers in one piece": Lack(chat, whole, streams=False),
    "no streaming: it refuses": Lack(chat, whole, refuses=no("stream")),
    "it refuses stream_options": Lack(chat, whole, refuses=no("stream_options")),
    "it wants the content of a message as a text": Lack(chat, refuses=no_parts),
    "it ignores response_format": Lack(structured, ignores=["response_format"]),
    "it ignores tools": Lack(tool, ignores=["tools"]),
    # the answer
    "no id, object, created, model": Lack(everything, edit=without("id", "object", "created", "model")),
    "no role": Lack(everything, edit=each_message(without("role"))),
    "no index in a choice": Lack(
        after_a_chat(finish_reason),
        after_a_chat(finish_reason, stream=False),
        "success",
        edit=each_choice(without("index")),
    ),
    "no finish_reason": Lack(
        after_a_chat(finish_reason), after_a_chat(tokens), "[9, 3]", edit=each_choice(without("finish_reason"))
    ),
    "no usage": Lack(after_a_chat(tokens), chat, edit=without("usage")),
    "content is null": Lack(lambda url: repr(chat(url)), edit=each_message(with_(content=None))),
    "content is null, asked for data": Lack(structured, edit=each_message(with_(content=None))),
    "no choices": Lack(chat, edit=without("choices")),
    "choices is empty": Lack(chat, edit=with_(choices=[])),
    "no data: [DONE] after a stream": Lack(everything, done=False),
    "another Content-Type": Lack(everything, content_type="text/plain"),
    # tools
    "id of a call is null": Lack(tool, edit=each_call(with_(id=None))),
    "no type in a call": Lack(tool, edit=each_call(without("type"))),
    "no index in a call, in a stream": Lack(
        tool, functools.partial(tool, stream=False), "The tool is called.", edit=each_call(without("index"))
    ),
    "arguments are JSON, not a text": Lack(tool, edit=each_call(arguments_as_json)),
    # errors
    '{"error": {"message": "…"}}': Lack(chat, refuses=always(400, {"error": {"message": "no such field"}})),
    '{"error": "…"}': Lack(chat, words_of_an_error, '{"error": "no"}', refuses=always(400, {"error": "no"})),
    '{"detail": "…"}': Lack(chat, words_of_an_error, '{"detail": "no"}', refuses=always(422, {"detail": "no"})),
    "a text, or a page": Lack(
        chat, words_of_an_error, "<h1>502</h1>", refuses=always(502, "<h1>502</h1>", "text/html")
    ),
    "an error with status 200": Lack(chat, words_in_an_answer, "{'error': 'no'}", refuses=always(200, {"error": "no"})),
    "an error inside a stream": Lack(
        chat, refuses=always(200, 'data: {"error": {"message": "out of memory"}}\n\n', "text/event-stream")
    ),
    "a stream without any answer": Lack(chat, refuses=always(200, "data: [DONE]\n\n", "text/event-stream")),
}


def rows(title):
    """The rows of all tables below a heading of the page: the cells of each."""
    for table in tree.found(sections.titled(PAGE, title).blocks, panflute.Table):
        for row in table.content[0].content:
            yield [cell.content for cell in row.content]


def words(cell):
    return " ".join(panflute.stringify(block).strip() for block in cell)


def told():
    """What the page says is seen for each lack: its first inline code, else its first sentence."""
    found = {}
    for group in ("Routes and requests", "The answer", "Tools", "Errors"):
        for lack, what, _ in rows(group):
            codes = tree.inline(list(what))
            found[words(lack)] = codes[0] if codes else words(what).partition(".")[0] + "."
    return found


def test_the_page_tells_of_every_lack_that_is_tried():
    assert list(told()) == list(LACKS)
    assert all(told().values())  # an empty one would be the beginning of anything


@pytest.mark.parametrize("name", LACKS)
def test_a_reader_sees_what_the_page_tells(name, imitate):
    assert seen(LACKS[name].ask, imitate(LACKS[name].behave).url).startswith(told()[name])


@pytest.mark.parametrize("name", [name for name, lack in LACKS.items() if lack.way_out])
def test_the_way_out_works(name, imitate):
    assert seen(LACKS[name].way_out, imitate(LACKS[name].behave).url) == LACKS[name].gives


def test_a_server_that_lacks_nothing_works(imitate):
    assert everything(imitate(openai_like()).url) == "It works."


ASKED = {
    "chat()": chat,
    "chat(), with stream=False": whole,
    "chat(), with a tool": tool,
    "chat_structured()": structured,
    "list_models()": models,
    "token_count()": lambda url, kind: connect(url, kind=kind).token_count("hi"),
}


@pytest.mark.parametrize(("column", "kind"), [(1, ChatOpenAICompletions), (2, ChatOpenAI)])
def test_what_chatlas_asks_is_what_the_page_lists(column, kind, imitate, monkeypatch):
    """The route of the first request and the fields of its JSON; whether it is answered does not matter."""
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # chatlas sends a seed where it sees that variable
    table = {words(row[0]): tree.inline(list(row[column])) for row in rows("What chatlas asks")}
    assert list(table) == list(ASKED)
    for name, ask in ASKED.items():
        server = imitate(openai_like())
        seen(functools.partial(ask, kind=kind), server.url)
        sent = [f"{method} {path.removeprefix('/v1')}" for method, path, _ in server.seen[:1]]
        assert sorted(table[name]) == sorted(sent + [field for body in server.asked[:1] for field in body]), name


def test_messages_go_as_parts_but_for_a_system_prompt_and_the_result_of_a_tool(imitate):

    def weather(city: str):
        """The weather in a city."""
        return "sunny"

    server = imitate(openai_like())
    asked = connect(server.url)
    asked.system_prompt = "Be short."
    asked.register_tool(weather)
    asked.chat("hi", echo="none")
    asked.chat("hi", echo="none")
    kinds = {(message["role"], type(message.get("content"))) for message in server.asked[-1]["messages"]}
    assert kinds >= {("system", str), ("tool", str), ("user", list), ("assistant", list)}
    structured(server.url)
    assert server.asked[-1]["stream"] is False


def test_every_address_of_a_server_has_its_source_and_date():
    for row in rows("Addresses of the usual servers"):
        (address,) = tree.inline(list(row[1]))
        assert re.fullmatch(r"http://(localhost|127\.0\.0\.1):(\d+|PORT)/[a-z0-9/]+", address)
        assert [link.url for link in tree.found(list(row[2]), panflute.Link) if link.url.startswith("https://")]
        assert re.search(r"November 20\d\d", words(row[2]))
