"""Probes of media, and of what the service keeps: files and caches. What is created here is deleted by its target."""

import base64
import io
import struct
import zlib

from langchain_core.messages import HumanMessage, SystemMessage, ToolMessage

from langchain_genai_chat.genai import errors

from ._asking import asked, code_of, error_of, get_weather, tokens_of
from ._probe import Probes, Shown
from ._target import Target

PROBES = Probes()

NOTE = b"The oldest map of the museum is from the year 1482.\n"
# A cache wants 4,096 tokens at least, and each of these lines has some 15.
CATALOGUE = "\n".join(f"Exhibit {number}: a map of Vienna from the year {1400 + number}." for number in range(1, 450))
GONE = (403, 404)


def png(side: int = 64) -> bytes:
    """A red square."""
    rows = (b"\0" + b"\xff\0\0" * side) * side
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    framed = (struct.pack(">I", len(d)) + name + d + struct.pack(">I", zlib.crc32(name + d)) for name, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


def pdf(words: str) -> bytes:
    """A page that says something."""
    page = f"BT /F1 24 Tf 72 720 Td ({words}) Tj ET".encode()
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(page), page),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    text, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(b"%010d 00000 n \n" % len(text))
        text += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"xref\n0 6\n0000000000 65535 f \n" + b"".join(places)
    return text + table + b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(text)


def block(kind: str, mime_type: str, content: bytes) -> dict[str, str]:
    """A block of LangChain's."""
    return {"type": kind, "mime_type": mime_type, "base64": base64.b64encode(content).decode()}


def question(text: str, *blocks: dict[str, str]) -> HumanMessage:
    """A question about blocks."""
    return HumanMessage([{"type": "text", "text": text}, *blocks])


@PROBES.add("picture")
def show_a_picture(target: Target) -> Shown:
    """An inline PNG is taken."""
    reply = target.chat_model().invoke([question("Which colour is this?", block("image", "image/png", png()))])
    assert reply.text, "the reply has text"
    return {"sees red": "red" in reply.text.lower()}


@PROBES.add("PDF")
def show_a_document(target: Target) -> Shown:
    """An inline PDF is taken."""
    document = block("file", "application/pdf", pdf("The password is Zanzibar."))
    reply = target.chat_model().invoke([question("What is the password?", document)])
    assert reply.text, "the reply has text"
    return {"reads it": "zanzibar" in reply.text.lower()}


@PROBES.add("picture in a result")
def return_a_picture(target: Target) -> Shown:
    """A function's result may hold a picture."""
    model = target.chat_model().bind_tools([get_weather])
    reply = model.invoke(messages := asked("What does the sky over Boston look like? Call get_weather."))
    assert len(reply.tool_calls) == 1, "get_weather is called once"
    result = ToolMessage([block("image", "image/png", png())], tool_call_id=reply.tool_calls[0]["id"])
    last = model.invoke([*messages, reply, result])
    assert last.text or last.tool_calls, "the reply to the picture has text, or calls again"
    return {"sees red": "red" in last.text.lower()}


@PROBES.add("file")
def keep_a_file(target: Target) -> Shown:
    """A file is uploaded, looked up, used on both layers, deleted, and then gone."""
    files = target.client.files
    file = files.upload(file=io.BytesIO(NOTE), config={"mime_type": "text/plain", "display_name": "A note"})
    file = files.wait(file=file, timeout_s=60)
    assert files.get(name=file).size_bytes == len(NOTE), "it has the size that was sent"
    asking = "From which year is the oldest map?"
    answer = target.client.models.generate_content(
        model=target.models.main, contents=[file, asking], config=target.config()
    )
    held = {"type": "file", "file_id": file.uri or "", "mime_type": "text/plain"}
    reply = target.chat_model().invoke([question(asking, held)])
    assert answer.text, "the client's answer has text"
    assert reply.text, "the reply has text"
    files.delete(name=file)
    gone = error_of(lambda: files.get(name=file), errors.ClientError)
    assert code_of(gone) in GONE, "a deleted file is refused as one that is not there"
    return {"reads it": "1482" in (answer.text or "") and "1482" in reply.text}


@PROBES.add("cache")
def keep_a_cache(target: Target) -> Shown:
    """A cache is made of messages, used, given another end, and deleted."""
    model = target.chat_model()
    cache = model.create_cache([SystemMessage(f"You are a guide. The catalogue:\n{CATALOGUE}")], ttl=300)
    reply = model.invoke("From which year is exhibit 82?", cached_content=cache)
    assert reply.text, "the reply has text"
    caches = target.client.caches
    before = caches.get(name=cache).expire_time
    after = caches.update(name=cache, config={"ttl": "600s"}).expire_time
    assert before is not None, "the cache has an end"
    assert after is not None, "the cache has another end"
    assert after > before, "it lasts longer"
    caches.delete(name=cache)
    details = reply.usage_metadata.get("input_token_details") if reply.usage_metadata else None
    read = details.get("cache_read") if details else None
    return {"input is all there": tokens_of(reply)[0] > 4096, "tokens read from cache": bool(read)}
