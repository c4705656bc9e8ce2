"""What the page on LM Studio says of chatlas, executed against an imitation of LM Studio."""

import panflute
import pytest
from chatlas import ChatLMStudio, ChatOpenAI, ChatOpenAICompletions

from scripts.content import pages, sections
from tests.imitation import lm_studio

PAGE = "docs/connect/lm-studio.qmd"
MODEL = lm_studio.MODELS[0]
TOKEN = "sk-lm-of-the-reader"


@pytest.fixture(autouse=True)
def no_settings_of_ours(monkeypatch):
    for name in ("LMSTUDIO_BASE_URL", "LMSTUDIO_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def native(url, **options):
    return ChatLMStudio(**{"base_url": url, "model": MODEL, **options})


def completions(url, **options):
    return ChatOpenAICompletions(**{"base_url": url, "model": MODEL, "api_key": "lm-studio", **options})


def responses(url):
    return ChatOpenAI(base_url=url, model=MODEL, api_key="lm-studio")


def answer(chat, **options):
    return str(chat.chat("What is the capital of France?", echo="none", **options))


def sends(chat, **fields):
    return lambda: answer(chat, kwargs=fields)


def seen(call):
    """What a reader sees: the error's class and text."""
    with pytest.raises(Exception) as error:  # noqa: PT011 (the text is compared with the page's)
        call()
    return f"{error.type.__name__}: {error.value}"


def test_the_pages_python_runs_as_it_stands_in_its_order(imitate, capsys):
    """The answers are the imitation's; the last block prints what the page shows below it."""
    server, scope, printed = imitate(lm_studio.lm_studio()), {}, []
    for block in pages.code_blocks(PAGE, "python"):
        assert "http://localhost:1234" in block or "chat.chat(" in block
        exec(block.replace("http://localhost:1234", server.url), scope)
        printed.append(capsys.readouterr().out.strip())
    assert printed == ["Paris is sunny.", "\n".join(lm_studio.MODELS), "Paris is sunny.", refused_in_words()]


def refused_in_words():
    return sections.titled(PAGE, "`Error code: 400`, and no more text").code("text")[1]


def everything_that_is_shown(imitate, monkeypatch):
    """What each section of the third level shows in its text blocks, by the section's words: provoked here."""
    plain, locked = imitate(lm_studio.lm_studio()), imitate(lm_studio.lm_studio(token=TOKEN))
    empty, long = imitate(lm_studio.lm_studio(models=[])), imitate(lm_studio.too_long_in_words)
    silent = imitate(lm_studio.too_long_in_silence)
    shown = {
        "Another model answers": [seen(lambda: native(plain.url, model="ibm/granite-5"))],
        "The answer is empty": [],
        "LMSTUDIO_BASE_URL wins": [],
        "Can't find locally running LM Studio.": [
            seen(lambda: native(locked.url)),
            seen(lambda: answer(completions(f"{locked.url}/v1"))),
        ],
        "Locally loaded models:, and no model behind it": [seen(lambda: native(f"{plain.url}/v1"))],
        "'NoneType' object is not subscriptable": [seen(lambda: answer(completions(plain.url)))],
        "'NoneType' object has no attribute 'incomplete_details'": [seen(lambda: answer(responses(f"{plain.url}/v1")))],
        "Error code: 400, and no more text": [
            seen(sends(native(plain.url), response_format={"type": "json_object"})),
            refused_in_words(),  # compared in the test above
        ],
        "Input does not fit in context length.": [seen(lambda: answer(native(long.url)))],
    }
    assert seen(lambda: native(empty.url)) == shown["Locally loaded models:, and no model behind it"][0]
    assert answer(completions(f"{plain.url}/v1", model="ibm/granite-5")) == "Paris is sunny."
    chat = native(silent.url)
    assert (answer(chat), chat.get_last_turn().finish_reason) == ("", "success")
    monkeypatch.setenv("LMSTUDIO_BASE_URL", "http://127.0.0.1:9")
    assert seen(lambda: native(plain.url)) == shown["Can't find locally running LM Studio."][0]
    return shown


@pytest.mark.filterwarnings("ignore:ChatOpenAI")
def test_what_the_page_shows_of_chatlas_is_what_chatlas_shows(imitate, monkeypatch):
    shown = everything_that_is_shown(imitate, monkeypatch)
    problems = {panflute.stringify(s.heading): s for s in sections.of(PAGE) if s.level == 3}
    assert set(problems) == set(shown)
    for title, texts in shown.items():
        blocks = problems[title].code("text")
        assert len(blocks) == len(texts), title
        for block, text in zip(blocks, texts, strict=True):
            assert text.startswith(block), (title, text)  # the page may leave out the end of a long text


def test_the_ways_out_work(imitate, monkeypatch):
    plain, locked = imitate(lm_studio.lm_studio()), imitate(lm_studio.lm_studio(token=TOKEN))
    assert answer(native(plain.url)) == answer(completions(f"{plain.url}/v1")) == "Paris is sunny."
    assert answer(native(locked.url, api_key=TOKEN)) == answer(completions(f"{locked.url}/v1", api_key=TOKEN))
    monkeypatch.setenv("LMSTUDIO_API_KEY", TOKEN)
    assert answer(native(locked.url)) == "Paris is sunny."
    assert answer(native(plain.url), kwargs={"tool_choice": "required"}) == "Paris is sunny."
    named = {"type": "function", "function": {"name": "weather"}}
    assert seen(sends(native(plain.url), tool_choice=named)) == "BadRequestError: Error code: 400"


def test_a_model_that_is_not_named_lists_those_that_there_are(imitate):
    plain = imitate(lm_studio.lm_studio())
    assert seen(lambda: native(plain.url, model=None)).endswith(f"models: {', '.join(lm_studio.MODELS)}")


def test_what_the_page_says_of_the_two_classes(imitate, monkeypatch):
    """The same requests; no key of OpenAI's; the environment's address before the given one."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-openai")
    plain, other = imitate(lm_studio.lm_studio()), imitate(lm_studio.lm_studio())
    answer(native(plain.url))
    answer(completions(f"{plain.url}/v1"))
    assert plain.asked[0] == plain.asked[1]
    assert plain.keys == {None, "Bearer lmstudio", "Bearer lm-studio"}
    assert completions(f"{plain.url}").list_models() == []
    monkeypatch.setenv("LMSTUDIO_BASE_URL", other.url)
    answer(native(plain.url))
    assert [path for _, path, _ in other.seen] == ["/v1/models", "/v1/models", "/v1/chat/completions"]


def test_without_an_address_it_is_the_one_on_the_page(monkeypatch):
    asked = []
    monkeypatch.setattr("urllib.request.urlopen", lambda request: asked.append(request.full_url) or 1 / 0)
    assert seen(lambda: ChatLMStudio(model=MODEL)) == "RuntimeError: Can't find locally running LM Studio."
    assert asked == ["http://localhost:1234/v1/models"]
