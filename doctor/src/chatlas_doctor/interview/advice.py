"""What a report advises: what to leave alone, and with which flags the server could do more."""

from chatlas_doctor.interview.words import MODEL, NO, NOT_ASKED, REASONS

ONE_TOOL, ANY = ("one-tool", "tools-streaming"), ""
# Server, probes, outcome, reasons, what to do, and the page that shows it.
RULES = (
    ("vLLM", ONE_TOOL, NO, ("refused",),
     "Start vLLM with --enable-auto-tool-choice and --tool-call-parser: requests with tools are refused without them.",
     "docs/errors/auto-tool-choice.html"),
    ("vLLM", ONE_TOOL, NO, ("unread-call",),
     "Give vLLM the --tool-call-parser that fits this model: its calls arrive as text.",
     "docs/connect/vllm.html#tools"),
    ("vLLM", ("reasoning",), NO, ("unread-thinking",),
     "Give vLLM the --reasoning-parser that fits this model: its thinking arrives inside the answer.",
     "docs/errors/think-in-the-answer.html"),
    ("llama.cpp", ONE_TOOL, NO, ("refused", "unread-call"),
     "Start llama-server with --jinja: it then reads the tools of the model's chat template.",
     "docs/errors/requires-jinja-flag.html"),
    ("llama.cpp", ("cancel",), NOT_ASKED, ("not-shown",),
     "Start llama-server with --metrics: it then counts what it works on, and shows whether a cancelled answer stops.",
     "docs/connect/llama-cpp.html#metrics-props-and-slots"),
    ("llama.cpp", ("image-file",), NOT_ASKED, ("no-vision",),
     "If the model has vision, start llama-server with its --mmproj file.",
     "docs/connect/llama-cpp.html#image-input-is-not-supported"),
    ("Ollama", ("context-overflow",), NO, ("ignored",),
     "Give the Ollama model a larger num_ctx: a prompt that is too long is cut, and nothing says so.",
     "docs/connect/ollama.html#a-long-prompt-is-cut"),
    ("Ollama", ONE_TOOL, NO, ("refused",),
     "Choose a model whose template has tools, or give yours such a template.",
     "docs/errors/does-not-support-tools.html"),
    (ANY, ("wrong-model",), NO, ("ignored",),
     "Check the model id yourself: this server answers any id with some model.",
     "docs/connect/llama-cpp.html#any-model-id-is-answered"),
    (ANY, ("stream-usage",), NO, ("ignored", "failed"),
     "Do not rely on token counts of streams.",
     "docs/errors/no-token-counts.html"),
    (ANY, ("truncation", "schema-cut"), NO, ("ignored",),
     "Check yourself whether an answer was cut: nothing says so.",
     "docs/which-class.html#a-cut-answer"),
    (ANY, ("schema-flat",), MODEL, ("not-followed",),
     "Do not rely on structured data: the server does not hold this model to the schema.",
     "docs/errors/data-extraction-failed.html"),
)  # fmt: skip


def flags(server, columns):
    """What to do at the server, and what to watch out for: (sentence, page) each, by what was found."""
    found = {(f["probe"], f["outcome"], f["reason"]) for column in columns for f in column.findings.values()}
    return [
        (text, page)
        for name, probes, outcome, reasons, text, page in RULES
        if name in (ANY, server) and any((p, outcome, r) in found for p in probes for r in reasons)
    ]


def to_avoid(columns):
    """What does not work: (title, classes, reason) each, the classes that fail in the same way together."""
    found = {}
    for column in columns:
        titles = {name: title for name, title, _ in column.catalog}
        for finding in column.findings.values():
            if finding["outcome"] == NO:
                key = (titles[finding["probe"]], REASONS[finding["reason"]])
                found.setdefault(key, []).append(column.class_name)
    return [(title, classes, reason) for (title, reason), classes in found.items()]
