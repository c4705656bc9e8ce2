"""Tools."""

import warnings

from pydantic import BaseModel

from chatlas_doctor.probes.catalog import probe
from chatlas_doctor.probes.outcome import TooManyRounds, not_run, partly, supported, unsupported
from chatlas_doctor.probes.target import ask

WEATHER = "What is the weather in Berlin?"
ROUNDS = 4  # requests after which a tool loop is given up


def weather_tool(calls, fails=False):
    """A tool that notes its calls."""

    def get_weather(city: str) -> str:
        """Get the current weather in a city."""
        calls.append(city)
        if len(calls) > ROUNDS:
            raise TooManyRounds("it calls the tool again and again")
        if fails:
            raise ValueError("the weather station is closed")
        return "sunny, 21 degrees Celsius"

    return get_weather


def get_population(city: str) -> str:
    """Get the number of inhabitants of a city."""
    return "3.7 million"


def requests_of(target, question, *tools, **kwargs):
    """What the model wants to call first: (name, arguments) of each call in its first answer."""
    chat = target.chat(tokens=120)
    for tool in tools:
        chat.register_tool(tool)
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parts = chat.stream(question, content="all", kwargs=kwargs or None)
        for part in parts:
            if type(part).__name__ == "ContentToolRequest":
                found.append((part.name, part.arguments))
            elif type(part).__name__ == "ContentToolResult":
                break
        parts.close()
    return found


@probe("One tool", follows="tool")
def one_tool(target):
    """The model calls a tool by itself, and answers with what it gave."""
    calls = []
    chat = target.chat(tokens=120)
    chat.register_tool(weather_tool(calls))
    answer = ask(chat, WEATHER, stream=False)
    if calls:
        return supported(f"called with {calls[0]!r}", model="Berlin" in calls[0] and "sunny" in answer)
    found = requests_of(target, WEATHER, weather_tool([]), tool_choice="required")
    if found:
        return supported("called when required to, not by itself", model=False)
    return partly("accepted; the model answered without it", model=False)


@probe("Tools while streaming", follows="tool")
def tools_streaming(target):
    """The model calls the tool while its answer is streamed, and goes on with what it gave."""
    calls = []
    chat = target.chat(tokens=120)
    chat.register_tool(weather_tool(calls))
    answer = "".join(map(str, chat.stream(WEATHER)))
    if calls:
        return supported(f"called with {calls[0]!r}", model="Berlin" in calls[0] and "sunny" in answer)
    return partly("accepted; the model answered without it", model=False)


@probe("Several tools", follows="tool")
def several_tools(target):
    """Of two tools, the fitting one is called with arguments that fit."""
    question = "How many people live in Berlin?"
    found = requests_of(target, question, weather_tool([]), get_population, tool_choice="required")
    if not found:
        return partly("accepted; nothing was called", model=False)
    name, arguments = found[0]
    says = f"called {name}({', '.join(f'{key}={value!r}' for key, value in arguments.items())})"
    return supported(says, model=name == "get_population" and arguments == {"city": "Berlin"})


@probe('`tool_choice` "required"')
def tool_choice(target):
    """A question that needs no tool still gives a call, with the arguments that the tool has and no others.

    A server that calls with "none", too, does not read the setting: its model happens to call.
    """
    called = []
    for question in ("Say hello.", "What time is it in Berlin?"):
        found = requests_of(target, question, weather_tool([]), tool_choice="required")
        if not found:
            return unsupported("accepted and not enforced: the model answered without a call")
        called += [f"{name}({', '.join(sorted(arguments))})" for name, arguments in found]
    if requests_of(target, WEATHER, weather_tool([]), tool_choice="none"):
        return unsupported('ignored: the model calls with "none", too')
    if set(called) == {"get_weather(city)"}:
        return supported("enforced, arguments too")
    return partly(f"a call is enforced, its arguments are not: {', '.join(called)}")


@probe("Several calls at once", follows="tool")
def parallel_calls(target):
    """Two calls in one answer."""
    question = "What is the weather in Berlin, and what is the weather in Paris? Call the tool twice."
    found = requests_of(target, question, weather_tool([]), tool_choice="required")
    if len(found) > 1:
        return supported(f"{len(found)} calls in one answer")
    return not_run(f"the model made {len(found)} call: whether the server hands over two does not show")


@probe("A tool's error goes back", follows="tool")
def tool_error(target):
    """What a tool raises is sent to the model, and the conversation goes on."""
    calls = []
    chat = target.chat(tokens=120)
    chat.register_tool(weather_tool(calls, fails=True))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ask(chat, WEATHER, stream=False)
    if not calls:
        return not_run("the model called nothing")
    sent = str(target.bodies[-1])
    return supported("sent back") if "weather station is closed" in sent else unsupported("not sent back")


@probe("Tools together with structured data", follows="tool")
def tools_with_data_model(target):
    """A request for structured data carries the registered tools, and the model can call them."""

    class Report(BaseModel):
        weather: str

    calls = []
    chat = target.chat(tokens=120)
    chat.register_tool(weather_tool(calls))
    found = chat.chat_structured(WEATHER, data_model=Report)
    if not target.bodies[0].get("tools"):
        return unsupported("chatlas leaves the tools out")
    if not calls:
        return partly(f"sent; the data came without a call: {found.weather!r}")
    return supported("sent and called", model="sunny" in found.weather)
