"""Every way in which a LangChain message may hold media, and the part that it becomes."""

import copy
import json
import tracemalloc
from base64 import b64decode, b64encode, urlsafe_b64encode
from pathlib import Path
from typing import Any, get_args

import pytest
from blockbuster import blockbuster_ctx
from hypothesis import given
from hypothesis import strategies as st

from langchain_genai_chat import _base64
from langchain_genai_chat._media import decode_media, encode_media
from langchain_genai_chat.emulator.validate import Backend, read_body

Json = dict[str, Any]

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\xfb\xff\xfe"
PNG_64 = b64encode(PNG).decode()
PDF_64 = b64encode(b"%PDF-1.7 \xfb\xff\xfe").decode()
WAV_64 = b64encode(b"RIFF\x24\x00\x00\x00WAVEfmt ").decode()
MP4_64 = b64encode(b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00").decode()
TEXT_64 = b64encode(b"Hello World").decode()
FILES = "https://generativelanguage.googleapis.com/v1beta/files/abc-123"
YOUTUBE = "https://www.youtube.com/watch?v=9hE5-98ZeCg"


def blob(mime_type: str, data: str, **more: Any) -> Json:
    return {"inlineData": {"mimeType": mime_type, "data": data, **more}}


def file(uri: str, mime_type: str | None = None, **more: Any) -> Json:
    return {"fileData": {**({"mimeType": mime_type} if mime_type else {}), "fileUri": uri, **more}}


LANGCHAIN: list[tuple[Json, Json]] = [
    ({"type": "image", "base64": PNG_64, "mime_type": "image/png"}, blob("image/png", PNG_64)),
    ({"type": "image", "base64": PNG_64}, blob("image/png", PNG_64)),
    ({"type": "image", "base64": PNG}, blob("image/png", PNG_64)),
    ({"type": "image", "base64": bytearray(PNG)}, blob("image/png", PNG_64)),
    ({"type": "image", "base64": f"data:image/png;base64,{PNG_64}"}, blob("image/png", PNG_64)),
    ({"type": "image", "url": f"data:image/png;base64,{PNG_64}"}, blob("image/png", PNG_64)),
    ({"type": "image", "url": "https://a.org/x.png"}, file("https://a.org/x.png", "image/png")),
    ({"type": "image", "url": "https://a.org/x", "mime_type": "image/webp"}, file("https://a.org/x", "image/webp")),
    ({"type": "image", "file_id": "files/abc-123"}, file(FILES)),
    ({"type": "image", "file_id": FILES, "mime_type": "image/png"}, file(FILES, "image/png")),
    ({"type": "audio", "base64": WAV_64, "mime_type": "audio/wav"}, blob("audio/wav", WAV_64)),
    ({"type": "audio", "base64": MP4_64}, blob("audio/mp4", MP4_64)),
    ({"type": "audio", "url": "https://a.org/x.webm"}, file("https://a.org/x.webm", "audio/webm")),
    ({"type": "audio", "file_id": FILES}, file(FILES)),
    ({"type": "video", "base64": MP4_64, "mime_type": "video/mp4"}, blob("video/mp4", MP4_64)),
    ({"type": "video", "url": "gs://b/x.ogg"}, file("gs://b/x.ogg", "video/ogg")),
    ({"type": "video", "url": YOUTUBE}, file(YOUTUBE)),
    ({"type": "video", "file_id": "files/abc-123"}, file(FILES)),
    ({"type": "file", "base64": PDF_64, "mime_type": "application/pdf"}, blob("application/pdf", PDF_64)),
    ({"type": "file", "url": "https://a.org/x.PDF?sig=1"}, file("https://a.org/x.PDF?sig=1", "application/pdf")),
    ({"type": "file", "file_id": "files/abc-123"}, file(FILES)),
    ({"type": "file", "file_id": "gs://b/x.pdf"}, file("gs://b/x.pdf", "application/pdf")),
    ({"type": "text-plain", "text": "Hello\n", "mime_type": "text/plain"}, {"text": "Hello\n"}),
    ({"type": "text-plain", "text": ""}, {"text": ""}),
    ({"type": "text-plain", "base64": TEXT_64}, blob("text/plain", TEXT_64)),
    ({"type": "text-plain", "url": "https://a.org/robots"}, file("https://a.org/robots", "text/plain")),
    ({"type": "text-plain", "file_id": "files/abc-123"}, file(FILES)),
]
LANGCHAIN_V0: list[tuple[Json, Json]] = [
    (
        {"type": "image", "source_type": "base64", "data": PNG_64, "mime_type": "image/png"},
        blob("image/png", PNG_64),
    ),
    ({"type": "audio", "source_type": "base64", "data": WAV_64}, blob("audio/wav", WAV_64)),
    (
        {"type": "image", "source_type": "url", "url": "https://a.org/x.gif", "id": "1"},
        file("https://a.org/x.gif", "image/gif"),
    ),
    (
        {"type": "file", "source_type": "id", "id": "files/abc-123", "mime_type": "text/csv"},
        file(FILES, "text/csv"),
    ),
    ({"type": "file", "source_type": "text", "text": "Hello"}, {"text": "Hello"}),
]
OPENAI: list[tuple[Json, Json]] = [
    ({"type": "image_url", "image_url": f"data:image/png;base64,{PNG_64}"}, blob("image/png", PNG_64)),
    (
        {"type": "image_url", "image_url": {"url": "https://a.org/x.jpg", "detail": "low"}},
        file("https://a.org/x.jpg", "image/jpeg"),
    ),
    ({"type": "image_url", "image_url": {"url": "gs://b/x.jpeg"}}, file("gs://b/x.jpeg", "image/jpeg")),
    ({"type": "input_audio", "input_audio": {"data": TEXT_64, "format": "mp3"}}, blob("audio/mpeg", TEXT_64)),
    ({"type": "input_audio", "input_audio": {"data": TEXT_64, "format": "webm"}}, blob("audio/webm", TEXT_64)),
    (
        {"type": "file", "file": {"file_data": f"data:application/pdf;base64,{PDF_64}", "filename": "x.pdf"}},
        blob("application/pdf", PDF_64, displayName="x.pdf"),
    ),
    (
        {"type": "file", "file": {"file_data": TEXT_64, "filename": "x.csv"}},
        blob("text/csv", TEXT_64, displayName="x.csv"),
    ),
    ({"type": "file", "file": {"file_id": "files/abc-123"}}, file(FILES)),
    ({"type": "input_image", "image_url": "https://a.org/x.png"}, file("https://a.org/x.png", "image/png")),
    ({"type": "input_file", "file_url": "https://a.org/x.pdf"}, file("https://a.org/x.pdf", "application/pdf")),
]
ANTHROPIC: list[tuple[Json, Json]] = [
    (
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG_64}},
        blob("image/png", PNG_64),
    ),
    (
        {"type": "image", "source": {"type": "url", "url": "https://a.org/x.png"}},
        file("https://a.org/x.png", "image/png"),
    ),
    ({"type": "image", "source": {"type": "file", "file_id": "files/abc-123"}}, file(FILES)),
    (
        {
            "type": "document",
            "source": {"type": "base64", "media_type": "application/pdf", "data": PDF_64},
            "title": "Report",
            "cache_control": {"type": "ephemeral"},
        },
        blob("application/pdf", PDF_64, displayName="Report"),
    ),
    (
        {"type": "document", "source": {"type": "url", "url": "https://a.org/x.pdf"}},
        file("https://a.org/x.pdf", "application/pdf"),
    ),
    (
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Hello"}},
        {"text": "Hello"},
    ),
    ({"type": "document", "source": {"type": "content", "content": "Hello"}}, {"text": "Hello"}),
    (
        {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "Hello"}] * 2}},
        {"text": "Hello\nHello"},
    ),
]
GOOGLE: list[tuple[Json, Json]] = [
    ({"type": "media", "data": PDF_64, "mime_type": "application/pdf"}, blob("application/pdf", PDF_64)),
    ({"type": "media", "data": PNG, "mime_type": "image/png"}, blob("image/png", PNG_64)),
    ({"type": "media", "file_uri": FILES, "mime_type": "video/mp4"}, file(FILES, "video/mp4")),
    ({"type": "media", "file_uri": "https://youtu.be/x"}, file("https://youtu.be/x")),
    ({"type": "image_url", "image_url": PNG_64}, blob("image/png", PNG_64)),
    ({"type": "image_url", "image_url": {"url": PNG_64}}, blob("image/png", PNG_64)),
    ({"type": "file_data", "file_uri": "gs://b/x.pdf"}, file("gs://b/x.pdf", "application/pdf")),
    ({"type": "fileData", "fileData": {"fileUri": FILES, "mimeType": "text/csv"}}, file(FILES, "text/csv")),
    ({"type": "inline_data", "inline_data": {"data": PNG, "mime_type": "image/png"}}, blob("image/png", PNG_64)),
]
SHAPES: dict[str, list[tuple[Json, Json]]] = {
    "langchain": LANGCHAIN,
    "v0": LANGCHAIN_V0,
    "openai": OPENAI,
    "anthropic": ANTHROPIC,
    "google": GOOGLE,
}
ALL_SHAPES = [
    pytest.param(block, part, id=f"{origin}-{number}-{block['type']}")
    for origin, rows in SHAPES.items()
    for number, (block, part) in enumerate(rows)
]


@pytest.mark.behaviour("B097")
@pytest.mark.behaviour("B098")
@pytest.mark.parametrize(("block", "part"), ALL_SHAPES)
def test_every_shape_becomes_its_part(block, part):
    """Histories mix the shapes of all libraries, and a user should not have to know which one is native."""
    before = copy.deepcopy(block)
    assert encode_media(block) == part
    json.dumps(encode_media(block))
    assert block == before


@pytest.mark.parametrize(
    "block", [{"type": "text", "text": "x"}, {"type": "tool_call"}, {"text": "x"}, {"type": 7}, {}]
)
def test_what_is_no_media_block_is_left_to_others(block):
    """A wrong claim would swallow a block that another row knows."""
    assert encode_media(block) is None


@pytest.mark.behaviour("B100")
@pytest.mark.parametrize(
    "data",
    [
        PNG,
        bytearray(PNG),
        memoryview(PNG),
        PNG_64,
        PNG_64.rstrip("="),
        urlsafe_b64encode(PNG).decode(),
        urlsafe_b64encode(PNG).decode().rstrip("="),
        f"{PNG_64[:12]}\r\n{PNG_64[12:]}\n",
        f"data:image/png;base64,{PNG_64}",
        f"DATA:image/png;charset=utf-8;name=x.png;BASE64,{PNG_64}",
        f"data:;base64,{PNG_64}",
        f"data:application/octet-stream;base64,{PNG_64}",
        "data:image/png;base64," + PNG_64.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D"),
        "data:image/png," + "".join(f"%{byte:02x}" for byte in PNG),
    ],
)
def test_one_picture_in_many_spellings_is_one_part(data):
    """Equal bytes have to give equal requests, or a cached prefix is paid for again."""
    assert encode_media({"type": "image", "base64": data}) == blob("image/png", PNG_64)


@pytest.mark.behaviour("B100")
@pytest.mark.parametrize(
    ("uri", "mime_type", "data"),
    [
        ("data:,Hello%20World", "text/plain", b"Hello World"),
        ("data:text/html;charset=utf-8,%3Cp%3E,", "text/html", b"<p>,"),
        ("data:text/plain;charset=latin1;base64,6Q==", "text/plain;charset=latin1", b"\xe9"),
        ("data:audio/L16;rate=24000;base64,AAAA", "audio/L16;rate=24000", b"\0\0\0"),
        ("data:image/jpg;base64,AAAA", "image/jpeg", b"\0\0\0"),
        ("data:application/pdf;version=1.7;base64,AAAA", "application/pdf", b"\0\0\0"),
    ],
)
def test_a_data_uri_gives_its_bytes_and_what_tells_how_to_read_them(uri, mime_type, data):
    """The rate of raw sound and a foreign charset cannot be found out later; a name or version is no one's."""
    part = encode_media({"type": "file", "url": uri})
    assert part == blob(mime_type, b64encode(data).decode())


@pytest.mark.behaviour("B100")
@pytest.mark.parametrize(
    ("about", "mime_type"),
    [
        ({"mime_type": "image/webp"}, "image/webp"),
        ({"mime_type": "image/jpg"}, "image/jpeg"),
        ({"mime_type": "jpg"}, "image/jpeg"),
        ({"extras": {"filename": "x.webp"}}, "image/webp"),
        ({}, "image/png"),
    ],
)
def test_the_mime_type_given_wins_over_the_name_and_the_name_over_the_bytes(about, mime_type):
    """Who says what the data is knows more than its first bytes do."""
    part = encode_media({"type": "file", "base64": PNG_64, **about})
    assert part is not None
    assert part["inlineData"]["mimeType"] == mime_type


@pytest.mark.parametrize(
    ("head", "mime_type"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"\0\0\0\x18ftypheic", "image/heic"),
        (b"\0\0\0\x18ftypmif1", "image/heif"),
        (b"\0\0\0\x18ftypM4A ", "audio/mp4"),
        (b"\0\0\0\x18ftypisom", "video/mp4"),
        (b"\0\0\0\x14ftypqt  ", "video/quicktime"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm", "video/webm"),
        (b"ID3\x04", "audio/mpeg"),
        (b"\xff\xfb\x90", "audio/mpeg"),
        (b"OggS\0", "audio/ogg"),
        (b"fLaC\0", "audio/flac"),
        (b"%PDF-1.7", "application/pdf"),
    ],
)
def test_the_first_bytes_tell_what_nobody_said(head, mime_type):
    """LangChain asks for a MIME type beside base64, and much code leaves it out."""
    part = encode_media({"type": "file", "base64": head + bytes(200)})
    assert part is not None
    assert part["inlineData"]["mimeType"] == mime_type


@pytest.mark.behaviour("B096")
@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/x.png",
        "http://localhost/x.png",
        "https://localhost.:8080/x.png",
        "http://[::1]/x.png",
        "https://10.0.0.1/x.png",
        "http://printer.local/x.png",
        "http://intranet/x.png",
        "file:///etc/passwd",
        "/etc/passwd",
        "./x.png",
        "files/x.png",
        "C:\\x.png",
        "s3://b/x.png",
        Path("x.png"),
    ],
)
@pytest.mark.parametrize(
    "spell", [lambda url: {"type": "image", "url": url}, lambda url: {"type": "media", "file_uri": url}]
)
async def test_what_google_cannot_reach_is_refused_before_anything_is_opened(url, spell):
    """A URL in a message may come from anyone: it must neither be fetched nor read from disk."""
    with blockbuster_ctx(), pytest.raises(ValueError, match=r"reach|string"):
        encode_media(spell(url))


@pytest.mark.behaviour("B096")
async def test_addresses_are_handed_on_without_a_look_at_what_is_there():
    """Not even the machine's table of MIME types is read: that would block an event loop once."""
    with blockbuster_ctx():
        for rows in SHAPES.values():
            for block, part in rows:
                assert encode_media(block) == part


@pytest.mark.behaviour("B098")
@pytest.mark.parametrize("url", ["gs://b/x", "gs://b/x.unknown", "https://a.org/", "https://a.org/x?f=x.png"])
@pytest.mark.parametrize("kind", ["image", "file"])
def test_an_address_that_does_not_tell_its_type_is_refused(url, kind):
    """The service wants a type for what is not its own; a wrong guess would be an answer about noise."""
    with pytest.raises(ValueError, match="pass mime_type"):
        encode_media({"type": kind, "url": url})


def test_messages_show_no_secret_of_an_address():
    """Signed URLs carry their key in the query, others a password before the host."""
    with pytest.raises(ValueError, match="does not tell") as caught:
        encode_media({"type": "file", "url": "https://me:hush@a.org/x?X-Amz-Signature=hush"})
    assert "hush" not in str(caught.value)


@pytest.mark.behaviour("B097")
@pytest.mark.parametrize(
    ("block", "message"),
    [
        ({"type": "image"}, "holds no data"),
        ({"type": "image", "base64": "", "url": None}, "holds no data"),
        ({"type": "image", "base64": b""}, "empty"),
        ({"type": "image", "base64": "no base64!", "mime_type": "image/png"}, "no base64"),
        ({"type": "image", "base64": "AAAAA", "mime_type": "image/png"}, "no base64"),
        ({"type": "image", "base64": "AA==AA==", "mime_type": "image/png"}, "no base64"),
        ({"type": "image", "base64": 7}, "came as int"),
        ({"type": "image", "base64": PNG_64, "mime_type": "picture"}, "pass one like 'image/png'"),
        ({"type": "file", "base64": TEXT_64}, "pass mime_type"),
        ({"type": "file", "url": "data:text/plain"}, "no data URI"),
        ({"type": "file", "file": {"file_id": "file-abc123"}}, "OpenAI or Anthropic"),
        ({"type": "document", "source": {"type": "file", "file_id": "file_011C"}}, "OpenAI or Anthropic"),
        ({"type": "file", "source_type": "id", "id": "abc"}, "'files/ID'"),
        ({"type": "input_audio", "input_audio": TEXT_64}, "pass a dict"),
        (
            {"type": "document", "source": {"type": "content", "content": [{"type": "image", "source": {}}]}},
            "pass its blocks",
        ),
    ],
)
def test_what_cannot_be_sent_is_refused_with_what_would_do(block, message):
    """The service would answer 400 with less to go on, or see something else than was meant."""
    with pytest.raises(ValueError, match=message):
        encode_media(block)


@pytest.mark.behaviour("B082")
@pytest.mark.parametrize("data", [PNG, PNG_64, f"data:image/png;base64,{PNG_64}", "data:image/png," + "x" * 90])
def test_more_than_a_request_may_hold_is_refused_with_the_files_api_named(monkeypatch, data):
    """Sending a hundred megabytes takes minutes, and the answer is a 400."""
    monkeypatch.setattr(_base64, "max_inline_bytes", 16)
    with pytest.raises(ValueError, match="Files API"):
        encode_media({"type": "image", "base64": data})


def test_base64_is_passed_on_as_the_same_text():
    """A picture of some megabytes is checked in place: each copy costs memory and time in every turn."""
    data = PNG_64[:-4] + "A" * 5_000_000
    block = {"type": "image", "base64": data}
    peaks = []
    for _ in range(3):  # what other threads allocate meanwhile is traced too: the least is this call's own
        tracemalloc.start()
        part = encode_media(block)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert part is not None
    assert part["inlineData"]["data"] is data
    assert min(peaks) < 100_000


@pytest.mark.parametrize("backend", get_args(Backend))
def test_every_part_is_one_of_the_published_schema(backend):
    """A name or display name that only one service knows would be a 400 on the other."""
    options = {"extras": {"video_metadata": VIDEO, "media_resolution": "low", "media_processing": "static"}}
    blocks = [block for rows in SHAPES.values() for block, _ in rows]
    parts = [encode_media({**block, "title": "x", **options}) for block in blocks]
    content = {"role": "user", "parts": parts}
    assert read_body(content, "in.Content", backend) == content


VIDEO = {"startOffset": "10s", "endOffset": "20.5s", "fps": 2}


@pytest.mark.behaviour("B099")
@pytest.mark.parametrize(
    "options",
    [
        {"video_metadata": {"start_offset": "10s", "end_offset": "20.5s", "fps": 2}, "media_resolution": "low"},
        {"videoMetadata": VIDEO, "mediaResolution": {"level": "MEDIA_RESOLUTION_LOW"}},
        {"extras": {"video_metadata": {"start_offset": 10, "end_offset": 20.5, "fps": 2}, "media_resolution": "LOW"}},
        {"metadata": {"videoMetadata": VIDEO, "media_resolution": "MEDIA_RESOLUTION_LOW"}},
    ],
)
@pytest.mark.parametrize("data", [{"type": "video", "url": YOUTUBE}, {"type": "media", "file_uri": YOUTUBE}])
def test_options_stand_beside_the_data(data, options):
    """They are fields of the part, whatever the library's place and spelling for them."""
    beside = {"videoMetadata": VIDEO, "mediaResolution": {"level": "MEDIA_RESOLUTION_LOW"}}
    assert encode_media({**data, **options}) == {**file(YOUTUBE), **beside}


@pytest.mark.behaviour("B099")
def test_ultra_high_and_agentic_are_said_of_one_part():
    """Both exist for a part alone, not for a request."""
    block = {"type": "video", "url": YOUTUBE, "media_resolution": "ultra_high", "media_processing": "agentic"}
    level = {"level": "MEDIA_RESOLUTION_ULTRA_HIGH"}
    assert encode_media(block) == {**file(YOUTUBE), "mediaResolution": level, "mediaProcessing": "AGENTIC"}


@pytest.mark.behaviour("B099")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"video_metadata": {"start_offset": "20s", "end_offset": "10s"}}, "before its start_offset"),
        ({"video_metadata": {"start_offset": "-1s"}}, "no place in a video"),
        ({"video_metadata": {"end_offset": "1:30"}}, "no place in a video"),
        ({"video_metadata": {"end_offset": float("inf")}}, "no place in a video"),
        ({"video_metadata": {"fps": 0}}, "above 0"),
        ({"video_metadata": {"fps": 24.5}}, "up to 24"),
        ({"video_metadata": {"fps": float("nan")}}, "above 0"),
        ({"video_metadata": {"fps": "2"}}, "above 0"),
        ({"video_metadata": {"frames": 2}}, "has no .'frames'"),
        ({"video_metadata": "10s"}, "pass a dict"),
        ({"media_resolution": "tiny"}, "low, medium, high or ultra_high"),
        ({"media_processing": "fast"}, "static or agentic"),
    ],
)
def test_options_that_the_service_does_not_take_are_refused(options, message):
    """The service answers some of these with a bare 500."""
    with pytest.raises(ValueError, match=message):
        encode_media({"type": "video", "url": YOUTUBE, **options})


@pytest.mark.behaviour("B082")
@pytest.mark.parametrize(
    ("part", "block"),
    [
        (blob("image/png", PNG_64), {"type": "image", "base64": PNG_64, "mime_type": "image/png"}),
        (
            blob("audio/L16;rate=24000", "AAAA"),
            {"type": "audio", "base64": "AAAA", "mime_type": "audio/L16;rate=24000"},
        ),
        (blob("video/mp4", MP4_64), {"type": "video", "base64": MP4_64, "mime_type": "video/mp4"}),
        (blob("text/csv", TEXT_64), {"type": "file", "base64": TEXT_64, "mime_type": "text/csv"}),
        (file("gs://b/x", "video/mp4"), {"type": "video", "url": "gs://b/x", "mime_type": "video/mp4"}),
        (file(FILES), {"type": "file", "url": FILES}),
    ],
)
def test_what_a_model_made_is_a_standard_block_and_the_same_part_again(part, block):
    """Pictures are edited over turns: what came must be what goes back."""
    assert decode_media({**part, "thoughtSignature": "c2ln"}) == block
    assert encode_media(block) == part


def test_url_safe_base64_of_a_reply_becomes_standard():
    """Python's b64decode drops the letters that it does not know, and gives another picture."""
    block = decode_media(blob("image/png", urlsafe_b64encode(PNG).decode().rstrip("=")))
    assert block is not None
    assert b64decode(block["base64"]) == PNG


@pytest.mark.parametrize(
    "part",
    [
        {"text": "x"},
        {"inlineData": {}},
        blob("image/png", ""),
        {"inlineData": {"data": PNG_64}},
        blob("image/png", PNG_64, displayName="x"),
        file("gs://b/x.pdf"),
        file("files/abc-123"),
        file("https://a.org/x"),
    ],
)
def test_a_part_that_no_block_gives_back_is_left_as_it_is(part):
    """Better a part kept raw than a block that says less, or that cannot be sent when the history is."""
    assert decode_media(part) is None


word = st.text("abcXYZ019-", min_size=1, max_size=12)
mime_types = st.builds("{}/{}".format, st.sampled_from(["image", "audio", "video", "application", "text"]), word)
blobs = st.builds(blob, mime_types, st.binary(min_size=1).map(lambda data: b64encode(data).decode()))
typed_files = st.builds(
    file,
    st.builds("{}{}.{}".format, st.sampled_from(["gs://b/", "https://a.org/", f"{FILES}?"]), word, word),
    mime_types,
)
untyped_files = st.builds(file, st.sampled_from([FILES, YOUTUBE, "https://youtu.be/x", FILES + ":download?alt=media"]))
odd_blobs = st.dictionaries(st.sampled_from(["mimeType", "data", "x"]), st.text() | mime_types)
odd_files = st.builds(file, st.text() | st.just("files/abc"), st.none() | st.text())


@given(blobs | typed_files | untyped_files)
def test_media_of_a_model_goes_there_and_back(part):
    """History is what we send next turn."""
    block = decode_media(part)
    assert block is not None
    assert encode_media(json.loads(json.dumps(block))) == part


@given(st.builds(lambda odd: {"inlineData": odd}, odd_blobs) | odd_files)
def test_whatever_the_part_a_block_gives_it_back_or_there_is_none(part):
    """A block is only made of what it can hold."""
    if (block := decode_media(part)) is None:
        return
    if "inlineData" in part:
        part = blob(part["inlineData"]["mimeType"], _base64.to_base64(part["inlineData"]["data"]))
    assert encode_media(block) == part
