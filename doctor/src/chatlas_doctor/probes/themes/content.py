"""Images, documents, reasoning."""

import re
import struct
import tempfile
import zlib
from pathlib import Path

import openai
from chatlas import content_image_file, content_image_url, content_pdf_file

from chatlas_doctor.probes.catalog import probe
from chatlas_doctor.probes.outcome import not_asked, partly, supported, unsupported
from chatlas_doctor.probes.target import ask, has_field, said

QUESTION = "Which colour has this picture?"


def red_picture():
    """A PNG of 32 by 32 red points."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows = zlib.compress((b"\x00" + b"\xff\x00\x00" * 32) * 32)
    header = struct.pack(">IIBBBBB", 32, 32, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def small_pdf():
    """A PDF of one page that says "The code is 4711"."""
    text = b"BT /F1 12 Tf 20 100 Td (The code is 4711) Tj ET"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(text), text),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    return body + table + b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(body)


def of_file(target, question, name, data, make):
    """The answer to a question about a file, or the error with which the server refuses it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        return ask(target.chat(), [question, make(path)])


def refused(error):
    """A server that refuses a picture since its model has no vision tells nothing of what it does with one that has.

    llama.cpp does so with status 500.

    Raises:
        openai.APIStatusError: it says something else.
    """
    says_so = r"image input is not supported" if error.status_code >= 500 else r"multimodal|image|vision"
    if not re.search(says_so, str(error)):
        raise error
    return not_asked(f"the model has no vision, and the server refuses: {said(error)}")


def judged(answer, wanted):
    """Whether the model saw what was sent; the embedded one cannot."""
    if wanted in answer.lower():
        return supported("seen", model=True)
    return unsupported(f"accepted and ignored; the model answers: {answer[:60]!r}")


@probe("Image from a file", follows="picture")
def image_file(target):
    """A picture of one colour, from a file."""
    try:
        answer = of_file(
            target, QUESTION, "red.png", red_picture(), lambda path: content_image_file(path, resize="none")
        )
    except openai.APIStatusError as error:
        return refused(error)
    return judged(answer, "red")


@probe("Image by address", follows="picture")
def image_url(target):
    """A picture named by its address; does the server fetch it?"""
    try:
        answer = ask(target.chat(), [QUESTION, content_image_url(f"{target.recorder.root}/red.png")])
    except openai.APIStatusError as error:
        if "URL" in str(error):
            return unsupported(f"refused: {said(error)}")
        return refused(error)
    fetched = any(exchange.method == "GET" and "red.png" in exchange.path for exchange in target.recorder.exchanges)
    return partly("the server fetches it") if fetched else judged(answer, "red")


@probe("PDF", follows="picture")
def pdf(target):
    """A PDF from a file, asked for a number in it."""
    try:
        answer = of_file(target, "What is the code?", "code.pdf", small_pdf(), content_pdf_file)
    except openai.APIStatusError as error:
        if re.search("content part type|invalid message format|file inputs", str(error)):
            return unsupported(f"refused: {said(error)}")
        return refused(error)
    return judged(answer, "4711")


@probe("Reasoning", follows="reasoning")
def reasoning(target):
    """You ask for a reasoning effort, and reasoning comes back. The small model does not reason."""
    if target.class_name == "ChatOpenAI":
        chat, kwargs = target.chat(reasoning="low"), None
    else:
        chat, kwargs = target.chat(), {"reasoning_effort": "low"}
    try:
        ask(chat, "What is the capital of France?", kwargs=kwargs)
    except openai.APIStatusError as error:
        if not re.search("reasoning|thinking", str(error)):
            raise
        return not_asked(f"the model does not reason, and the server refuses: {said(error)}")
    if any(has_field(target.responses[-1], name) for name in ("reasoning_content", "reasoning_text")):
        return supported("reasoning came back")
    return not_asked("the effort is accepted; the model does not reason")
