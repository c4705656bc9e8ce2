"""Bookkeeping."""

from chatlas_doctor.probes.catalog import probe
from chatlas_doctor.probes.outcome import partly, supported, unsupported
from chatlas_doctor.probes.target import ask, tokens_of

CAPITAL = "What is the capital of France?"


@probe("Token counts")
def token_usage(target):
    """chatlas knows how many tokens were read and written, as the server counted them."""
    chat = target.chat()
    ask(chat, CAPITAL, stream=False)
    counted = tokens_of(chat)
    return supported(f"{counted[0]} read, {counted[1]} written") if counted and all(counted) else unsupported("none")


@probe("Cost at a price of your own")
def cost(target):
    """`get_cost(token_price=…)` needs no price list."""
    chat = target.chat()
    ask(chat, CAPITAL)
    price = chat.get_cost(token_price=(1.0, 2.0, 0.5))
    return (
        supported(f"{price:.6f} dollars, at 1 dollar a million tokens in and 2 out")
        if price > 0
        else unsupported(f"{price}")
    )


@probe("Cost without a price")
def cost_without_price(target):
    """`get_cost()` works without a price of your own."""
    chat = target.chat()
    ask(chat, CAPITAL)
    return supported(f"{chat.get_cost()}")


@probe("`token_count()` before sending")
def token_count(target):
    """Counting the tokens of a question without asking it, and getting as many as the server reads when it is asked."""
    chat = target.chat()
    counted = chat.token_count(CAPITAL)
    chat.chat(CAPITAL, echo="none")
    read = tokens_of(chat)[0]
    says = f"counts {counted} tokens, and the server reads {read}"
    return supported(says) if counted == read else partly(says)


def counted_by_server(target, messages):
    """The tokens of a chat, by vLLM's `/tokenize`, or by llama.cpp's, which takes a text that has its template."""

    def post(path, body):
        return target.client("").post(path, cast_to=object, body=body)

    counted = post("/tokenize", {"model": target.model, "messages": messages})
    if "count" in counted:
        return counted["count"]
    prompt = post("/apply-template", {"messages": messages})["prompt"]
    return len(post("/tokenize", {"content": prompt, "parse_special": True})["tokens"])


@probe("`/tokenize`")
def tokenize(target):
    """A route of the server counts the tokens of a chat before it is asked, as many as it then reads."""
    chat = target.chat()
    ask(chat, CAPITAL)
    counted = counted_by_server(target, [{"role": "user", "content": CAPITAL}])
    read = tokens_of(chat)[0]
    says = f"counts {counted} tokens, and the server reads {read}"
    return supported(says) if counted == read else partly(says)


@probe("`list_models()`")
def list_models(target):
    """The served model is in the list. Ollama writes NAME as NAME:latest, and takes both."""
    ids = sorted(model["id"] for model in target.chat().list_models())
    listed = {target.model, f"{target.model}:latest"} & set(ids)
    return supported(f"lists {', '.join(ids[:4])}") if listed else unsupported(f"lists {ids[:4]}")
