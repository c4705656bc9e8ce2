"""What a probe found."""

from dataclasses import dataclass

SUPPORTED = "supported"
PARTLY = "partly"
UNSUPPORTED = "unsupported"
NOT_APPLICABLE = "not applicable"
NOT_ASKED = "not asked"
NOT_RUN = "not run"


class TooManyRounds(BaseException):
    """A model calls its tool again and again; not an Exception, so that chatlas does not hand it back."""


@dataclass(frozen=True)
class Outcome:
    """The answer to one probe.

    Attributes:
        kind: one of the six constants above. It is about chatlas and the server: what was accepted,
            sent and enforced.
        says: one sentence for the reader.
        model: whether the model was good enough to make use of it; None where that was not asked.
    """

    kind: str
    says: str
    model: bool | None = None


def supported(says, model=None):
    """It works; `model` False says that this model makes no good use of it."""
    return Outcome(SUPPORTED, says, model)


def partly(says, model=None):
    """It works with a difference that a reader has to know."""
    return Outcome(PARTLY, says, model)


def unsupported(says):
    """It fails, or is ignored."""
    return Outcome(UNSUPPORTED, says)


def not_applicable(says):
    """The question makes no sense for this class or server."""
    return Outcome(NOT_APPLICABLE, says)


def not_asked(says):
    """The test model lacks what the question needs (vision, reasoning): nothing is known of the server."""
    return Outcome(NOT_ASKED, says)


def not_run(says):
    """The probe did not run; never a pass."""
    return Outcome(NOT_RUN, says)
