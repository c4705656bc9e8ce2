"""The words of a report on a server: outcomes and reasons. docs/probe-report.schema.json lists the same."""

YES, PARTLY, NO, MODEL = "yes", "partly", "no", "the model did not"
NOT_APPLICABLE, NOT_ASKED = "not applicable", "not asked"
SIGNS = {YES: "✓", PARTLY: "◐", NO: "✗", MODEL: "◌", NOT_APPLICABLE: "○", NOT_ASKED: "—"}

REASONS = {
    "": "",
    "wrong-answer": "the server does its part; the model's answer was wrong",
    "differs": "it works with a difference",
    "refused": "the server refuses the request",
    "ignored": "accepted, and without effect",
    "not-sent": "chatlas does not send it",
    "other-route": "chatlas asks for the Responses API",
    "failed": "chatlas raises an error",
    "unread-call": "the model wrote a call as text, and the server did not read it as one",
    "unread-thinking": "the model's thinking arrives inside its answer",
    "no-call": "no call came, or too few",
    "only-when-required": "it called when it had to, not by itself",
    "looped": "it called its tool again and again",
    "not-followed": "the answer did not have the wanted form: the server does not enforce it",
    "not-seen": "its answer does not show that it saw what was sent",
    "no-reasoning": "it did not reason",
    "no-change": "its answer stayed as it was",
    "never-says": "it never says what was to be stopped",
    "empty": "its answer was empty",
    "no-sense": "the question makes no sense here",
    "no-vision": "the server says that this model reads no such content",
    "fits": "6,000 words are not too long for this server",
    "has-key": "a key was given",
    "no-key": "no key was given",
    "not-shown": "this server does not show it",
    "needs-restart": "the server would have to be restarted",
    "not-reachable": "the server would have to reach your machine",
    "too-slow": "no answer in time",
    "too-many": "the server answered that there were too many requests",
    "unreachable": "the server could not be reached",
    "gave-up": "the server had failed three times in a row",
    "out-of-time": "the time was over",
    "interrupted": "it was interrupted",
}
