"""What a dead server's log says of the cause, on lines that real servers wrote."""

import pytest

from scripts.common import causes

VLLM_WITHOUT_MEMORY = """\
ERROR: ld.so: object '/home/a' from LD_PRELOAD cannot be preloaded (cannot open shared object file): ignored.
(APIServer pid=14994) WARNING 11-26 18:29:00 [system_utils.py:255] Found ulimit of 20000 and failed to \
automatically increase with error current limit exceeds maximum limit. This can cause fd limit errors like \
`OSError: [Errno 24] Too many open files`. Consider increasing with ulimit -n
(APIServer pid=14994) WARNING 11-26 18:29:00 [cpu.py:224] Triton is not installed. triton-cpu is expected on \
x86 CPUs.
(Worker pid=15848) ERROR 11-26 18:29:54 [multiproc_executor.py:1063] Traceback (most recent call last):
(Worker pid=15848) ERROR 11-26 18:29:54 [multiproc_executor.py:1063]     raise ValueError(
(Worker pid=15848) ERROR 11-26 18:29:54 [multiproc_executor.py:1063] ValueError: Available memory on node 0 \
(14.72/21.34 GiB) on kv cache allocation is less than requested memory for kv (900.0 GiB). Decrease \
--kv-cache-memory-bytes, VLLM_CPU_KVCACHE_SPACE, or reduce CPU memory used by other processes.
(Worker pid=15848) ERROR 11-26 18:29:54 [multiproc_executor.py:1063] Traceback (most recent call last):
(Worker pid=15848) ERROR 11-26 18:29:54 [multiproc_executor.py:1063]     raise ValueError(
(Worker pid=15848) ERROR 11-26 18:29:54 [multiproc_executor.py:1063] ValueError: Available memory on node 0 \
(14.72/21.34 GiB) on kv cache allocation is less than requested memory for kv (900.0 GiB). Decrease \
--kv-cache-memory-bytes, VLLM_CPU_KVCACHE_SPACE, or reduce CPU memory used by other processes.
(EngineCore pid=15672) ERROR 11-26 18:29:54 [core.py:1510] EngineCore failed to start.
Process EngineCore:
RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}
"""
VLLM_WITHOUT_LIBNUMA = """\
(VllmWorker-0 pid=36) WARNING 11-26 19:19:14 [cpu.py:660] Failed to import from vllm._C_AVX2: \
ImportError('libnuma.so.1: cannot open shared object file: No such file or directory')
(VllmWorker-0 pid=36) ERROR 11-26 19:19:16 [multiproc_executor.py:953] WorkerProc failed to start.
(VllmWorker-0 pid=36) ERROR 11-26 19:19:16 [multiproc_executor.py:953] AttributeError: '_OpNamespace' '_C' \
object has no attribute 'init_cpu_memory_env'
    raise e from None
RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}
"""
LITELLM_ON_A_TAKEN_PORT = """\
18:30:38 - LiteLLM Proxy:WARNING: login_throttle.py:123 - trusted_proxy_ranges is not set or not a valid list of ranges
\x1b[32mLiteLLM: Proxy initialized with Config, Set models:\x1b[0m
INFO:     Application startup complete.
ERROR:    [Errno 98] error while attempting to bind on address ('127.0.0.1', 18123): address already in use
INFO:     Waiting for application shutdown.
"""


@pytest.mark.parametrize(
    ("log", "first"),
    [
        (
            VLLM_WITHOUT_MEMORY,
            "ValueError: Available memory on node 0 (14.72/21.34 GiB) on kv cache allocation is less",
        ),
        (
            VLLM_WITHOUT_LIBNUMA,
            "Failed to import from vllm._C_AVX2: ImportError('libnuma.so.1: cannot open shared object",
        ),
        (LITELLM_ON_A_TAKEN_PORT, "[Errno 98] error while attempting to bind on address ('127.0.0.1', 18123): "),
        ("Traceback (most recent call last):\n  raise E\nKeyError: 'invalid tool call parser: x'\n", "KeyError: 'inv"),
        ("loading\nserver.py: error: unrecognized arguments: --no-such-flag\n", "server.py: error: unrecognized"),
        ("Error: listen tcp 127.0.0.1:11434: bind: address already in use\n", "Error: listen tcp"),
        ("loading\nKilled\n", "Killed"),
        ("RuntimeError: CUDA error: out of memory\n", "RuntimeError: CUDA error"),
    ],
    ids=["memory", "libnuma", "port", "parser", "flag", "ollama", "killed", "cuda"],
)
def test_the_line_that_names_the_cause_comes_first(log, first):
    assert causes.of(log).startswith(first)


def test_a_cause_is_named_once_and_no_frame_of_a_traceback_is_shown():
    first, *others = causes.of(VLLM_WITHOUT_MEMORY).splitlines()
    assert first.startswith("ValueError: Available memory on node 0")
    assert others == [
        "EngineCore failed to start.",
        "RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}",
    ]


def test_without_a_cause_the_last_lines_are_shown():
    assert causes.of("".join(f"loading {'x' * n}\n" for n in range(9))).splitlines()[0] == "loading xxxx"


def test_what_is_shown_stays_short():
    names = ("Key", "Value", "Type", "Index", "Name", "OS", "Import", "Syntax", "Runtime", "Lookup", "Memory")
    shown = causes.of("".join(f"{name}Error: {'x' * 999}\n" for name in names)).splitlines()
    assert [line.partition("Error")[0] for line in shown] == [*names[:5], "...", *names[-3:]]
    assert max(map(len, shown)) <= causes.WIDTH + 3


def test_a_log_that_is_not_there_is_no_error(tmp_path):
    assert causes.of_log(tmp_path / "log").endswith(":\n")
