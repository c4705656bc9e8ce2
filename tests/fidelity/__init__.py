"""What chatlas loses in silence, found by a machine: `make fidelity`.

- strategies.py: what a server may say. hypothesis makes cases of it, and reduces those in which something disagrees.
- wire.py: how it is said over Chat Completions and Responses: the bytes.
- observe.py: what a chat makes of it: what is shown, kept in the turn, sent with the next question, saved, exported.
- compare.py: where the two disagree, by kind.
- search.py: lets hypothesis look. __main__.py says what was tried and found.
- known.toml: what was found and is explained, with its smallest cases; known.py reads it.

An unknown kind fails, and so does a known one that is not there any more. Nearly all exchanges go through a client of
openai whose transport is in this process, since that is many times as fast; every tenth one goes over a socket.
The room imports nothing of scripts/: it also runs beside older releases of chatlas.
"""
