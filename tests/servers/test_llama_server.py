"""llama.cpp's own server: taken from PATH, else built once; what an interrupted or impossible build leaves behind."""

import contextlib
import dataclasses
import platform

import pytest

from scripts.common.problem import Problem
from scripts.content import backends, guides
from scripts.servers import llama_server, preflight, serve

LLAMA = backends.get("llama-cpp")


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """An empty cache folder, and a PATH with nothing but a compiler."""
    monkeypatch.setattr(llama_server, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(llama_server, "lock", lambda name: contextlib.nullcontext())
    monkeypatch.setattr(llama_server.environments, "ensure", lambda backend: (tmp_path / "python", 0.0))
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "c++").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path / "cache"


def leave_a_program(python, half):
    (half / "made" / "bin").mkdir(parents=True)
    (half / "made" / "bin" / "llama-server").touch(mode=0o755)
    return 7.0


def test_it_is_built_once_and_only_the_program_is_kept(cache, monkeypatch):
    monkeypatch.setattr(llama_server, "build", leave_a_program)
    program, seconds = llama_server.ensure(LLAMA)
    assert seconds == 7.0
    assert list(llama_server.location().iterdir()) == [program]
    monkeypatch.setattr(llama_server, "build", lambda *arguments: pytest.fail("it is there"))
    assert llama_server.ensure(LLAMA) == (program, 0.0)
    assert llama_server.program() == program
    assert preflight.is_installed(LLAMA)
    assert serve.unavailable(LLAMA) is None


@pytest.mark.parametrize("error", [KeyboardInterrupt(), Problem("Building failed.", "No space left on device", "free")])
def test_a_build_that_ends_early_leaves_nothing_and_the_next_one_begins_anew(cache, monkeypatch, error):
    def ends_early(python, half):
        leave_a_program(python, half)
        raise error

    monkeypatch.setattr(llama_server, "build", ends_early)
    with pytest.raises(type(error)):
        llama_server.ensure(LLAMA)
    assert list(llama_server.location().iterdir()) == []
    assert llama_server.program() is None
    monkeypatch.setattr(llama_server, "build", leave_a_program)
    assert llama_server.ensure(LLAMA)[1] == 7.0


def test_what_a_killed_build_left_is_removed_first(cache, monkeypatch, capsys):
    (llama_server.location() / "building" / "made" / "bin").mkdir(parents=True)
    monkeypatch.setattr(llama_server, "build", leave_a_program)  # fails where its folder is there
    llama_server.ensure(LLAMA)
    assert "removing an unfinished build" in capsys.readouterr().out


def test_without_a_compiler_its_package_is_named_and_nothing_is_downloaded(cache, monkeypatch, tmp_path):
    (tmp_path / "bin" / "c++").unlink()
    monkeypatch.setattr(llama_server.environments, "ensure", lambda backend: pytest.fail("too early"))
    with pytest.raises(Problem, match=r"(?s)llama.cpp cannot be built here.*c\+\+.*(g\+\+|gcc)"):
        llama_server.ensure(LLAMA)


def test_the_program_on_path_comes_first_and_waits_for_no_other_run(cache, monkeypatch, tmp_path):
    monkeypatch.setattr(llama_server, "lock", lambda name: pytest.fail("another run may be building for minutes"))
    (tmp_path / "bin" / "llama-server").touch(mode=0o755)
    assert llama_server.ensure(LLAMA) == (tmp_path / "bin" / "llama-server", 0.0)


def test_a_cache_that_moves_to_another_machine_is_not_used_there(monkeypatch):
    here = llama_server.location()
    for name, value in (("machine", "riscv64"), ("libc_ver", ("glibc", "2.28"))):
        with monkeypatch.context() as moved:
            moved.setattr(platform, name, lambda value=value: value)
            assert llama_server.location() != here
    assert "-DGGML_NATIVE=OFF" in llama_server.OPTIONS  # the same kind of machine may have an older processor


def test_a_variant_is_the_same_server_with_other_flags():
    key, small = backends.get("llama-cpp+key"), backends.get("llama-cpp+small-context")
    assert key.command == [*LLAMA.command, "--api-key", "{api_key}"]
    assert key.makes_key
    assert not LLAMA.makes_key
    asks_for_one = dataclasses.replace(backends.get("litellm"), variants={"other": backends.Variant(add=("--debug",))})
    assert asks_for_one.variant("other").makes_key  # it still refuses to start without a key
    assert small.command.count("--ctx-size") == 1
    assert "16384" not in small.command
    assert small.name == "llama-cpp+small-context"
    assert backends.without_flags(["a", "--x", "--y", "1", "2", "--z"], ("--y",)) == ["a", "--x", "--z"]
    with pytest.raises(Problem, match=r"(?s)no backend called 'llama-cpp\+nope'.*llama-cpp\+key"):
        backends.get("llama-cpp+nope")


def test_a_notebook_may_name_a_variant():
    run = guides.Run(guides.Guide("x", "notebooks/x.ipynb", "", ("llama-cpp+key",)), backends.get("llama-cpp+key"))
    assert run.name == "x@llama-cpp+key"
    assert run.names == {"x@llama-cpp+key", "@llama-cpp+key", "@llama-cpp"}
    assert backends.known("llama-cpp+key") == "llama-cpp+key"
    with pytest.raises(ValueError, match="no backend called 'vllm\\+nope'"):
        backends.known("vllm+nope")
