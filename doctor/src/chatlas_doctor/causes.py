"""What can be wrong, each kind with an exit status of its own."""

KEY_VARIABLE = "CHATLAS_DOCTOR_API_KEY"

KINDS = {  # exit status and meaning of each kind of result
    "ok": (0, "the printed code worked, with the address and the model as you gave them"),
    "usage": (2, "the address, the key or an option cannot be read"),
    "name": (3, "the host's name is not known"),
    "no_server": (4, "nothing listens there, or no network leads there"),
    "loading": (5, "the server is still loading its model"),
    "tls": (6, "http and https mixed up, or a certificate that is not trusted"),
    "key": (7, "the server asks for a key, or refuses the one given"),
    "not_api": (8, "something answers, but not as an OpenAI-compatible server does"),
    "server_error": (9, "the server reports an error of its own, or too many requests"),
    "endless": (10, "the server does not finish its answer, or sends too much"),
    "model": (11, "the model id is wrong or not served; the code has the right or the closest one, if there is one"),
    "redirect": (12, "the server sends you to another address, which is not followed"),
    "proxy": (13, "a proxy setting catches requests meant for this machine"),
    "install": (14, "the server is fine, but your Python cannot import chatlas"),
    "snippet": (15, "the server refuses the chat, or your Python fails at it"),
    "feature": (16, "chat works; something that --full checks is refused or ignored"),
    "not_run": (17, "all looks right; nothing was generated, since the host is OpenAI's (--full does it)"),
    "reasoning": (18, "the answer is empty: the server takes all of it for reasoning"),
    "clear_text": (19, "the key was not sent: it would leave in clear text, and http:// was not typed"),
    "address": (20, "chatlas works, but not at the address that you gave"),
    "gateway": (21, "a gateway answers in the server's place: it reaches no server, or refuses you"),
}


class Cause(Exception):
    """What is wrong, once it is known.

    Args:
        kind: a name from KINDS.
        text: the cause, one sentence.
        advice: what to do about it, one sentence each.
    """

    def __init__(self, kind, text, *advice):
        super().__init__(text)
        self.kind, self.text, self.advice = kind, text, list(advice)
