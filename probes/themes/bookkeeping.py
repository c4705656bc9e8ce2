"""Bookkeeping."""

import openai

from probes.catalog import probe
from probes.outcome import not_applicable, partly, supported, unsupported
from probes.target import LIMIT, ask, tokens_of

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
    return supported(f"{price:.6f} at 1 and 2 a million") if price > 0 else unsupported(f"{price}")


@probe("Cost without a price")
def cost_without_price(target):
    """`get_cost()` knows no price of a local model."""
    chat = target.chat()
    ask(chat, CAPITAL)
    return supported(f"{chat.get_cost()}")


@probe("`token_count()` before sending")
def token_count(target):
    """Counting the tokens of a question without asking it, and getting as many as the server reads when it is asked."""
    chat = target.chat()
    counted = chat.token_count(CAPITAL)
    chat.chat(CAPITAL, echo="none")
    read = chat.get_last_turn().tokens[0]
    says = f"counts {counted} tokens, and the server reads {read}"
    return supported(says) if counted == read else partly(says)


@probe("`list_models()`")
def list_models(target):
    """The served model is in the list. Ollama writes NAME as NAME:latest, and takes both."""
    ids = sorted(model["id"] for model in target.chat().list_models())
    listed = {target.model, f"{target.model}:latest"} & set(ids)
    return supported(f"lists {', '.join(ids[:4])}") if listed else unsupported(f"lists {ids[:4]}")


@probe("The server keeps the conversation")
def stored_answer(target):
    """`previous_response_id` of the Responses API, which chatlas does not use: the first question is read, too."""
    if target.class_name != "ChatOpenAI":
        return not_applicable("Chat Completions has nothing of the kind: the whole conversation is sent each time")
    client = openai.OpenAI(
        base_url=f"{target.recorder.root}/v1", api_key=target.api_key, timeout=LIMIT, max_retries=0
    ).responses
    asked = {"model": target.model, "temperature": 0, "max_output_tokens": 16, "store": True}
    first = client.create(input=CAPITAL, **asked)
    alone = client.create(input="And of Italy?", **asked).usage.input_tokens
    after = client.create(input="And of Italy?", previous_response_id=first.id, **asked).usage.input_tokens
    says = f"reads {after} tokens after the first question, {alone} without it"
    return supported(says) if after > alone else unsupported(f"accepted and ignored: {says}")
