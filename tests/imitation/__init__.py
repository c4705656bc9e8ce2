"""Imitations of what cannot run here or misbehaves on purpose; everything else is tested with real parts.

There is one server, `Server` in server.py, which answers as a behaviour tells it to: a plain function of the
request's handler. A test serves one for the length of a `with` block, or with the fixture `imitate` until it ends:

    with serving(chats.careless) as server:
        ...  # server.url is its address; server.seen, server.asked and server.keys are what it was sent

To add a behaviour, write such a function where its kind is: in answers.py if it treats all requests alike, in
chats.py if its list of models is right and its chats are not. It answers with `reply(handler, status, body)`, or
writes to `handler.wfile` what no honest server would; `handler.body` is the JSON that was sent. Its docstring says
which real server does so, and where that was seen. One that only one test needs may stand in that test.

- replay.py plays back what a real server said (recorded/).
- started.py has what is started as a program of its own, since it is to be killed.
- wiretap.py stands between a client and a server, and notes the bytes.
- programs.py makes false container engines and NVIDIA tools; driver_* are false drivers of a browser.
"""
