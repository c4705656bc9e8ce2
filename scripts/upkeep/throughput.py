"""How many tokens a second a server writes for one client, and for several at once."""

import asyncio
import time

import openai

AT_ONCE = (1, 4, 8)
TOKENS = 128  # of each answer at most
LIMIT = 300  # seconds for one answer
QUESTION = "Write a long story about lighthouse number {}."


async def batch(client, model, count):
    """Ask `count` questions at once; returns the tokens written, as the server counts them."""
    answers = await asyncio.gather(
        *(
            client.chat.completions.create(
                model=model,
                messages=[{"role": "user", "content": QUESTION.format(number)}],
                max_tokens=TOKENS,
                temperature=0,
            )
            for number in range(count)
        )
    )
    return sum(answer.usage.completion_tokens for answer in answers)


def tokens_per_second(root, api_key, model):
    """Tokens written a second by the server at `root` (its address without a path), by the number of clients at once.

    The prompts were read before: what is timed is writing. Raises openai.OpenAIError where a request fails.
    """

    async def measure():
        async with openai.AsyncOpenAI(base_url=f"{root}/v1", api_key=api_key, timeout=LIMIT, max_retries=0) as client:
            await batch(client, model, max(AT_ONCE))
            figures = {}
            for count in AT_ONCE:
                start = time.monotonic()
                written = await batch(client, model, count)
                figures[count] = round(written / (time.monotonic() - start))
            return figures

    return asyncio.run(measure())
