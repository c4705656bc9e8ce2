"""Which server answers, told by what it answers.

Measured 2026-11: vLLM 0.32.0, LiteLLM 1.104.5, Ollama 0.24.0 (but for /api/ps) and 0.32.15, llama-cpp-python 0.3.36,
and the llama-server in it.
Read 2026-11, not run: LM Studio's /api/v0/models (lmstudio.ai/docs/api/rest-api; loaded_context_length only in other
clients' code), which answers 200 to paths that it does not know (lmstudio-bug-tracker#1323); KoboldCpp's
/api/extra/version (koboldcpp.py); SGLang's owned_by (srt/entrypoints); TGI's /info (router/src/server.rs);
Docker Model Runner's "/" and owned_by (pkg/server/server.go, pkg/inference/models/api.go); Open WebUI's /api/config.
"""

from chatlas_doctor.ask import value_of

SIGNS = (
    "/version",
    "/health",
    "/health/liveliness",
    "/api/version",
    "/api/ps",
    "/props",
    "/api/v0/models",
    "/",
    "/api/extra/version",
    "/api/config",
    "/info",
)
ELSEWHERE = {"Open WebUI": "/api", "Docker Model Runner": "/engines/v1"}  # where these have what others have at /v1


def model_entries(reply):
    """The entries of a model list as OpenAI's API defines it, or as a bare array; None if this is none."""
    found = (
        {"data": reply.json} if isinstance(reply.json, list) and reply.json else reply.json
    )  # Together's has no more
    if reply.status != 200 or reply.failure or not isinstance(found, dict) or "data" not in found:
        return None
    entries = [] if found["data"] is None and found.get("object") == "list" else found["data"]  # Ollama without models
    good = isinstance(entries, list) and all(isinstance(e, dict) and isinstance(e.get("id"), str) for e in entries)
    return entries if good else None


def identify(signs, entries):
    """Which server this is.

    Args:
        signs: a Reply for each path of SIGNS.
        entries: the model list's entries, or None.

    Returns:
        Its name and its version ("" where nothing tells), and the context length of models in tokens, by id.
    """
    found = {path: reply.json for path, reply in signs.items() if reply.status == 200 and not reply.failure}
    owners = {entry.get("owned_by") for entry in entries or [] if isinstance(entry.get("owned_by"), str)}
    versions = [version_at(found, path) for path in ("/version", "/api/version")]
    if "vllm" in owners:
        return "vLLM", versions[0] or versions[1], sizes(entries, "max_model_len")
    if "sglang" in owners:
        return "SGLang", "", sizes(entries, "max_model_len")
    if "alive" in str(found.get("/health/liveliness")):
        return "LiteLLM", "", sizes(entries, "max_input_tokens")
    if value_of(found.get("/api/extra/version"), "result") == "KoboldCpp":
        return "KoboldCpp", version_at(found, "/api/extra/version"), {}
    if value_of(found.get("/api/config"), "name") == "Open WebUI":
        return "Open WebUI", version_at(found, "/api/config"), {}
    root = signs["/"].text if "/" in signs else ""
    if "docker" in owners or "Docker Model Runner" in root:
        return "Docker Model Runner", versions[0], {}
    if versions[1]:
        return "Ollama", versions[1], sizes(value_of(found.get("/api/ps"), "models"), "context_length", id="name")
    info = found.get("/info")
    if value_of(info, "router") == "text-generation-router" or value_of(info, "docker_label"):
        size = value_of(info, "max_total_tokens")
        context = {entry["id"]: size for entry in entries or [] if isinstance(size, int)}
        return "TGI (Text Generation Inference)", version_at(found, "/info"), context
    settings = value_of(found.get("/props"), "default_generation_settings")
    if settings or "llamacpp" in owners:
        build = value_of(found.get("/props"), "build_info")
        size = value_of(settings, "n_ctx")
        context = {entry["id"]: size for entry in entries or [] if isinstance(size, int)}
        return "llama.cpp", build if isinstance(build, str) else "", context
    known = value_of(found.get("/api/v0/models"), "data")
    if known:
        return "LM Studio", "", sizes(known, "max_context_length") | sizes(known, "loaded_context_length")
    if owners == {"me"}:  # llama_cpp/server/app.py
        return "llama-cpp-python", "", {}
    name = "" if entries is None else "an OpenAI-compatible server"
    return name, "", sizes(entries, "context_length") | sizes(entries, "max_model_len")


def version_at(found, path):
    """The version that the JSON of this path tells, or ""."""
    version = value_of(found.get(path), "version")
    return version if isinstance(version, str) else ""


def sizes(entries, name, id="id"):
    """The number `name` of each entry that has one, by the entry's id."""
    entries = entries if isinstance(entries, list) else []
    return {str(value_of(e, id)): value_of(e, name) for e in entries if isinstance(value_of(e, name), int)}
