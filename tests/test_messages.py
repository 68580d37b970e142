"""What each message and block becomes on the wire: a table of shapes, then turns, results and policies."""

import copy
import warnings
from typing import Any

import pytest
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
)

from langchain_genai_chat._families import NEWEST, Family, family_of
from langchain_genai_chat._messages import encode_messages
from langchain_genai_chat.errors import InvalidRequestError

Json = dict[str, Any]

OLDER = family_of("gemini-2.5-flash")
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PDF = "JVBERi0xLjQK"
MP3 = "SUQzBAAAAAAAI1RTU0U="
FILES = "https://generativelanguage.googleapis.com/v1beta/files/abc-123"


def encode(
    *messages: BaseMessage, family: Family = OLDER, vertex: bool = False, history: Any = "strict"
) -> tuple[Json | None, list[Json]]:
    return encode_messages(messages, family=family, vertex=vertex, history=history)


def contents(*messages: BaseMessage, family: Family = OLDER, vertex: bool = False, history: Any = "strict") -> Any:
    return encode(*messages, family=family, vertex=vertex, history=history)[1]


def inline(data: str, mime_type: str) -> Json:
    return {"inlineData": {"mimeType": mime_type, "data": data}}


def file(uri: str, mime_type: str | None = None) -> Json:
    return {"fileData": {"mimeType": mime_type, "fileUri": uri} if mime_type else {"fileUri": uri}}


def call(name: str = "f", call_id: str | None = "c1", **args: Any) -> Any:
    return {"name": name, "args": args, "id": call_id, "type": "tool_call"}


def calling(*calls: Any, content: Any = "", **more: Any) -> AIMessage:
    return AIMessage(content, tool_calls=list(calls), **more)


def user(*parts: Any) -> Json:
    return {"role": "user", "parts": [{"text": part} if isinstance(part, str) else part for part in parts]}


def model(*parts: Any) -> Json:
    return {"role": "model", "parts": [{"text": part} if isinstance(part, str) else part for part in parts]}


def function_call(name: str = "f", call_id: str | None = "c1", **args: Any) -> Json:
    return {"functionCall": {**({"id": call_id} if call_id else {}), "name": name, "args": args}}


def answer(response: Any, name: str = "f", call_id: str | None = "c1") -> Json:
    return {"functionResponse": {**({"id": call_id} if call_id else {}), "name": name, "response": response}}


HUMAN_BLOCKS: dict[str, tuple[Any, Json | None]] = {
    "text": ({"type": "text", "text": "a"}, {"text": "a"}),
    "bare text": ("a", {"text": "a"}),
    "empty text": ({"type": "text", "text": ""}, None),
    "text with cache_control": (
        {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}},
        {"text": "a"},
    ),
    "cachePoint": ({"cachePoint": {"type": "default"}}, None),
    "signed text": ({"type": "text", "text": "a", "extras": {"signature": "c2ln"}}, {"text": "a"}),
    "reasoning": ({"type": "reasoning", "reasoning": "hm"}, None),
    "thinking": ({"type": "thinking", "thinking": "hm", "signature": "x"}, None),
    "text-plain text": ({"type": "text-plain", "text": "a", "mime_type": "text/plain"}, {"text": "a"}),
    "text-plain base64": (
        {"type": "text-plain", "base64": "YQ==", "mime_type": "text/plain"},
        inline("YQ==", "text/plain"),
    ),
    "image base64": ({"type": "image", "base64": PNG, "mime_type": "image/png"}, inline(PNG, "image/png")),
    "image base64 without mime type": ({"type": "image", "base64": PNG}, inline(PNG, "image/png")),
    "image data URI": ({"type": "image", "url": f"data:image/png;base64,{PNG}"}, inline(PNG, "image/png")),
    "image url": ({"type": "image", "url": "https://a.example/x.png"}, file("https://a.example/x.png", "image/png")),
    "image file_id": ({"type": "image", "file_id": "files/abc-123"}, file(FILES)),
    "audio base64": ({"type": "audio", "base64": MP3, "mime_type": "audio/mpeg"}, inline(MP3, "audio/mpeg")),
    "audio url": ({"type": "audio", "url": "https://a.example/x.mp3"}, file("https://a.example/x.mp3", "audio/mpeg")),
    "audio file_id": (
        {"type": "audio", "file_id": FILES, "mime_type": "audio/mpeg"},
        file(FILES, "audio/mpeg"),
    ),
    "video base64": ({"type": "video", "base64": "AAAA", "mime_type": "video/mp4"}, inline("AAAA", "video/mp4")),
    "video url": ({"type": "video", "url": "gs://b/x.mp4"}, file("gs://b/x.mp4", "video/mp4")),
    "video file_id": ({"type": "video", "file_id": "files/abc-123"}, file(FILES)),
    "video on YouTube": (
        {"type": "video", "url": "https://www.youtube.com/watch?v=9hE5-98ZeCg"},
        file("https://www.youtube.com/watch?v=9hE5-98ZeCg"),
    ),
    "video with metadata": (
        {
            "type": "video",
            "url": "gs://b/x.mp4",
            "video_metadata": {"fps": 2, "start_offset": "10s"},
            "media_resolution": "low",
        },
        {
            **file("gs://b/x.mp4", "video/mp4"),
            "videoMetadata": {"fps": 2, "startOffset": "10s"},
            "mediaResolution": {"level": "MEDIA_RESOLUTION_LOW"},
        },
    ),
    "file base64": ({"type": "file", "base64": PDF, "mime_type": "application/pdf"}, inline(PDF, "application/pdf")),
    "file url": ({"type": "file", "url": "gs://b/x.pdf"}, file("gs://b/x.pdf", "application/pdf")),
    "file file_id": ({"type": "file", "file_id": "files/abc-123"}, file(FILES)),
    "v0 image": (
        {"type": "image", "source_type": "base64", "data": PNG, "mime_type": "image/png"},
        inline(PNG, "image/png"),
    ),
    "v0 file url": (
        {"type": "file", "source_type": "url", "url": "https://a.example/x.pdf"},
        file("https://a.example/x.pdf", "application/pdf"),
    ),
    "OpenAI image_url": (
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
        inline(PNG, "image/png"),
    ),
    "OpenAI image_url, a string": (
        {"type": "image_url", "image_url": "https://a.example/x.png"},
        file("https://a.example/x.png", "image/png"),
    ),
    "OpenAI input_audio": (
        {"type": "input_audio", "input_audio": {"data": MP3, "format": "mp3"}},
        inline(MP3, "audio/mpeg"),
    ),
    "OpenAI file": (
        {"type": "file", "file": {"file_data": f"data:application/pdf;base64,{PDF}"}},
        inline(PDF, "application/pdf"),
    ),
    "Anthropic image": (
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
        inline(PNG, "image/png"),
    ),
    "Anthropic document": (
        {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": PDF}},
        inline(PDF, "application/pdf"),
    ),
    "langchain-google-genai media": (
        {"type": "media", "mime_type": "image/png", "data": PNG},
        inline(PNG, "image/png"),
    ),
    "langchain-google-genai media uri": (
        {"type": "media", "mime_type": "video/mp4", "file_uri": "gs://b/x", "video_metadata": {"fps": 1}},
        {**file("gs://b/x", "video/mp4"), "videoMetadata": {"fps": 1}},
    ),
    "the wire's text": ({"text": "a"}, {"text": "a"}),
    "the wire's inline_data": (
        {"inline_data": {"mime_type": "image/png", "data": PNG}},
        inline(PNG, "image/png"),
    ),
    "the wire's inlineData": (inline(PNG, "image/png"), inline(PNG, "image/png")),
    "the wire's fileData": (file("gs://b/x", "video/mp4"), file("gs://b/x", "video/mp4")),
    "non_standard part": ({"type": "non_standard", "value": file("gs://b/x")}, file("gs://b/x")),
}


@pytest.mark.behaviour("B096")
@pytest.mark.behaviour("B097")
@pytest.mark.behaviour("B098")
@pytest.mark.behaviour("B099")
@pytest.mark.behaviour("B100")
@pytest.mark.behaviour("F19")
@pytest.mark.behaviour("F20")
@pytest.mark.parametrize("name", HUMAN_BLOCKS)
def test_each_block_of_a_human_message_is_its_part(name):
    """LangChain's documentation shows all of these; a URL is handed on, never fetched."""
    block, part = HUMAN_BLOCKS[name]
    assert contents(HumanMessage([block, "b"])) == [user(*([part] if part else []), "b")]


@pytest.mark.parametrize(
    "block",
    [
        {"type": "hologram", "data": "x"},
        {"type": "tool_call", "id": "c1", "name": "f", "args": {}},
        {"type": "text"},
        {"type": "image"},
        {"type": "file", "file": {"file_id": "file-abc"}},
        {"unheard": 1},
        {"function_response": {"name": "f", "response": {}}},
        {"functionCall": {"name": "f"}},
        {"type": "image", "url": "file:///etc/passwd"},
        {"type": "image", "url": "http://169.254.169.254/x.png"},
    ],
    ids=str,
)
@pytest.mark.behaviour("B096")
@pytest.mark.behaviour("B097")
def test_a_block_that_cannot_be_sent_is_refused_by_index_and_type(block):
    """Sent as text or left out it would mislead the model in silence."""
    with pytest.raises(InvalidRequestError, match=r"messages\[1\] \(human\): "):
        contents(HumanMessage("a"), HumanMessage([block]))


SYSTEM = SystemMessage("Be brief.")
MESSAGES: dict[str, tuple[list[BaseMessage], list[Json]]] = {
    "human": ([HumanMessage("a")], [user("a")]),
    "human of strings": ([HumanMessage(["a", "b"])], [user("a", "b")]),
    "named": ([HumanMessage("a", name="Ann"), AIMessage("b", name="Bob")], [user("a"), model("b")]),
    "chat user": ([ChatMessage(content="a", role="user")], [user("a")]),
    "chat human": ([ChatMessage(content="a", role="Human")], [user("a")]),
    "chat model": ([HumanMessage("a"), ChatMessage(content="b", role="model")], [user("a"), model("b")]),
    "chat assistant": ([HumanMessage("a"), ChatMessage(content="b", role="assistant")], [user("a"), model("b")]),
    "chat system": (
        [HumanMessage("a"), ChatMessage(content="b", role="system")],
        [user("a", "<system>\nb\n</system>")],
    ),
    "chat tool": (
        [
            HumanMessage("a"),
            calling(call()),
            ChatMessage(content="b", role="tool", additional_kwargs={"tool_call_id": "c1"}),
        ],
        [user("a"), model(function_call()), user(answer({"output": "b"}))],
    ),
    "chat function": (
        [
            HumanMessage("a"),
            calling(call()),
            ChatMessage(content="b", role="function", additional_kwargs={"name": "f"}),
        ],
        [user("a"), model(function_call()), user(answer({"output": "b"}))],
    ),
    "function": (
        [HumanMessage("a"), calling(call()), FunctionMessage(content="b", name="f")],
        [user("a"), model(function_call()), user(answer({"output": "b"}))],
    ),
    "function, OpenAI's first form": (
        [
            HumanMessage("a"),
            AIMessage("Wait.", additional_kwargs={"function_call": {"name": "f", "arguments": '{"x": 1}'}}),
            FunctionMessage(content="b", name="f"),
        ],
        [user("a"), model("Wait.", function_call(call_id=None, x=1)), user(answer({"output": "b"}, call_id=None))],
    ),
    "function, arguments that are no JSON": (
        [
            HumanMessage("a"),
            AIMessage("", additional_kwargs={"function_call": {"name": "f", "arguments": "{x"}}),
            FunctionMessage(content="b", name="f"),
        ],
        [user("a"), model(function_call(call_id=None)), user(answer({"output": "b"}, call_id=None))],
    ),
    "remove": ([RemoveMessage(id="1"), HumanMessage("a"), RemoveMessage(id="2")], [user("a")]),
    "a chunk": (
        [HumanMessage("a"), AIMessageChunk(content="b"), HumanMessage("c")],
        [user("a"), model("b"), user("c")],
    ),
    "Anthropic's tool_use and tool_result": (
        [
            HumanMessage("a"),
            AIMessage(["Wait.", {"type": "tool_use", "id": "c1", "name": "f", "input": {"x": 1}}]),
            HumanMessage([{"type": "tool_result", "tool_use_id": "c1", "content": "b"}, "c"]),
        ],
        [user("a"), model("Wait.", function_call(x=1)), user(answer({"output": "b"})), user("c")],
    ),
    "Anthropic's failed tool_result": (
        [
            HumanMessage("a"),
            calling(call()),
            HumanMessage(
                [
                    {
                        "type": "tool_result",
                        "tool_use_id": "c1",
                        "is_error": True,
                        "content": [{"type": "text", "text": "b"}],
                    }
                ]
            ),
        ],
        [user("a"), model(function_call()), user(answer({"error": "b"}))],
    ),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_each_kind_of_message_is_its_content(name):
    """Histories come from every corner of LangChain, and from other packages."""
    messages, expected = MESSAGES[name]
    assert contents(*messages) == expected


@pytest.mark.parametrize(
    "message",
    [ChatMessage(content="a", role="critic"), ChatMessage(content="a", role="tool")],
    ids=["unknown role", "no call named"],
)
def test_a_chat_message_that_fits_no_role_is_refused_by_index(message):
    """Guessed wrong, the model would take its own words for the user's."""
    with pytest.raises(InvalidRequestError, match=r"messages\[1\] \(chat\): "):
        contents(HumanMessage("a"), message)


# ---- who speaks when ----------------------------------------------------------------


@pytest.mark.behaviour("B032")
@pytest.mark.behaviour("F22")
def test_leading_system_messages_are_the_instruction_in_order():
    """They are what the whole conversation stands under."""
    system, turns = encode(SYSTEM, SystemMessage(["In French.", {"type": "text", "text": "Now."}]), HumanMessage("a"))
    assert system == {"parts": [{"text": "Be brief."}, {"text": "In French."}, {"text": "Now."}]}
    assert turns == [user("a")]


@pytest.mark.behaviour("B032")
@pytest.mark.behaviour("F22")
@pytest.mark.parametrize("leading", [[], [SYSTEM]], ids=["alone", "after a leading one"])
@pytest.mark.parametrize("last", [False, True], ids=["middle", "last"])
def test_a_later_system_message_is_said_in_its_place(leading, last):
    """Hoisted it would be out of time and change every request's beginning; dropped it would be lost."""
    tail = [] if last else [HumanMessage("c")]
    system, turns = encode(*leading, HumanMessage("a"), AIMessage("b"), SystemMessage("Now briefly."), *tail)
    assert system == ({"parts": [{"text": "Be brief."}]} if leading else None)
    assert turns == [user("a"), model("b"), user("<system>\nNow briefly.\n</system>", *([] if last else ["c"]))]


def test_an_empty_later_system_message_says_nothing():
    """Empty tags would only puzzle the model."""
    assert contents(HumanMessage("a"), SystemMessage("")) == [user("a")]


@pytest.mark.behaviour("B033")
@pytest.mark.parametrize(
    ("messages", "kinds"), [([], "none"), ([SYSTEM, SYSTEM], "system, system"), ([RemoveMessage(id="1")], "remove")]
)
def test_a_request_without_contents_is_refused_with_what_came(messages, kinds):
    """Google's own words, contents is not specified, do not say whose fault it is."""
    with pytest.raises(InvalidRequestError, match=f"the messages are: {kinds}"):
        contents(*messages)


@pytest.mark.behaviour("B031")
def test_neighbours_of_one_role_are_one_content():
    """Google wants turns to alternate; who writes messages does not think of that."""
    messages = [HumanMessage("a"), HumanMessage("b"), AIMessage("c"), AIMessage("d"), HumanMessage("e")]
    assert contents(*messages) == [user("a", "b"), model("c", "d"), user("e")]


@pytest.mark.behaviour("B010")
@pytest.mark.behaviour("B031")
def test_results_stand_alone_in_the_order_of_their_calls():
    """A response beside text, or in another order, is a 400 or a mix-up."""
    calls = [call("f", "a"), call("g", "b"), call("f", "c")]
    results = [ToolMessage(each, tool_call_id=each) for each in "cab"]
    turns = contents(HumanMessage("x"), calling(*calls), *results, HumanMessage("y"))
    assert turns[2:] == [
        user(answer({"output": "a"}, "f", "a"), answer({"output": "b"}, "g", "b"), answer({"output": "c"}, "f", "c")),
        user("y"),
    ]


def test_a_result_after_a_human_message_still_answers_its_call():
    """An interrupted run goes on with a word of the user's before the result."""
    turns = contents(HumanMessage("a"), calling(call()), HumanMessage("b"), ToolMessage("c", tool_call_id="c1"))
    assert turns == [user("a"), model(function_call()), user(answer({"output": "c"})), user("b")]


def test_calls_of_neighbouring_model_messages_are_one_turn():
    """Google takes calls split over contents; OpenAI's responses API stores them so."""
    messages = [calling(call("f", "a")), calling(call("g", "b"), content="Wait.")]
    results = [ToolMessage("1", tool_call_id="a"), ToolMessage("2", tool_call_id="b")]
    assert contents(HumanMessage("x"), *messages, *results) == [
        user("x"),
        model(function_call("f", "a"), "Wait.", function_call("g", "b")),
        user(answer({"output": "1"}, "f", "a"), answer({"output": "2"}, "g", "b")),
    ]


def test_an_id_that_two_turns_use_is_answered_in_each():
    """Small models and other providers count their calls from nought in every turn."""
    turn = [calling(call()), ToolMessage("1", tool_call_id="c1"), calling(call()), ToolMessage("2", tool_call_id="c1")]
    turns = contents(HumanMessage("a"), *turn)
    assert turns[2] == user(answer({"output": "1"}))
    assert turns[4] == user(answer({"output": "2"}))


def test_an_id_that_two_calls_of_a_turn_share_is_answered_in_order():
    """There is nothing else to tell them apart by."""
    messages = [calling(call("f"), call("g")), ToolMessage("1", tool_call_id="c1"), ToolMessage("2", tool_call_id="c1")]
    assert contents(HumanMessage("a"), *messages)[2] == user(answer({"output": "1"}, "f"), answer({"output": "2"}, "g"))


@pytest.mark.behaviour("B003")
def test_ids_of_calls_are_sent_unless_they_were_made_here():
    """Newer models want theirs back; they never gave ours."""
    calls = [call("f", "given"), call("g", "lgc_0123")]
    results = [ToolMessage("1", tool_call_id="given"), ToolMessage("2", tool_call_id="lgc_0123")]
    turns = contents(HumanMessage("a"), calling(*calls), *results)
    assert turns[1] == model(function_call("f", "given"), function_call("g", None))
    assert turns[2] == user(answer({"output": "1"}, "f", "given"), answer({"output": "2"}, "g", None))


# ---- results ------------------------------------------------------------------------


@pytest.mark.behaviour("B014")
@pytest.mark.parametrize(
    ("content", "response"),
    [
        ('{"a": 1}', {"a": 1}),
        (' {"a": {"b": []}}\n', {"a": {"b": []}}),
        ("007", {"output": "007"}),
        ("42", {"output": "42"}),
        ("1e5", {"output": "1e5"}),
        ("null", {"output": "null"}),
        ("NaN", {"output": "NaN"}),
        ('{"a": NaN}', {"output": '{"a": NaN}'}),
        ("[1]", {"output": "[1]"}),
        ('"a"', {"output": '"a"'}),
        ("{oops", {"output": "{oops"}),
        ("", {"output": ""}),
        ([], {"output": ""}),
        (["a", {"type": "text", "text": "b"}], {"output": "ab"}),
        ([{"type": "text", "text": '{"a": 1}'}], {"a": 1}),
        ([{"type": "json", "json": {"a": 1}}], {"a": 1}),
        (
            [{"type": "search_result", "title": "t"}],
            {"type": "search_result", "title": "t"},
        ),
    ],
    ids=str,
)
def test_a_result_is_an_object_its_own_or_one_around_its_text(content, response):
    """Text that merely looks like JSON is text: a postcode must keep its noughts."""
    turns = contents(HumanMessage("a"), calling(call()), ToolMessage(content, tool_call_id="c1"))
    assert turns[2] == user(answer(response))


@pytest.mark.behaviour("B014")
def test_a_failed_result_is_an_error():
    """The model should know that its call went wrong."""
    failed = ToolMessage('{"a": 1}', tool_call_id="c1", status="error", artifact=object())
    assert contents(HumanMessage("a"), calling(call()), failed)[2] == user(answer({"error": '{"a": 1}'}))


@pytest.mark.behaviour("B013")
@pytest.mark.parametrize("name", [None, "other"])
def test_a_result_has_the_name_of_its_call(name):
    """Google pairs by name too; what tools write into their messages is not reliable."""
    turns = contents(HumanMessage("a"), calling(call("f")), ToolMessage("b", tool_call_id="c1", name=name))
    assert turns[2] == user(answer({"output": "b"}, "f"))


@pytest.mark.behaviour("B013")
@pytest.mark.parametrize("more", [{"name": "g"}, {"additional_kwargs": {"name": "g"}}], ids=str)
def test_a_call_without_a_name_takes_that_of_its_result(more):
    """A name must stand there, and it is the only one."""
    turns = contents(HumanMessage("a"), calling(call("")), ToolMessage("b", tool_call_id="c1", **more))
    assert turns[2] == user(answer({"output": "b"}, "g"))


@pytest.mark.behaviour("B013")
def test_a_call_that_nobody_names_is_refused():
    """An empty name is a 400."""
    with pytest.raises(InvalidRequestError, match=r"messages\[2\] \(tool\): .* has no name"):
        contents(HumanMessage("a"), calling(call("")), ToolMessage("b", tool_call_id="c1"))


@pytest.mark.behaviour("B020")
def test_pictures_of_a_result_stand_inside_it_for_gemini_3_and_beside_it_before():
    """Older models refuse media inside; files inside were recorded with Gemini 3 on both backends."""
    blocks: Any = [
        "Seen:",
        {"type": "image", "base64": PNG, "mime_type": "image/png"},
        {"type": "file", "url": "gs://b/x.pdf"},
    ]
    messages = [HumanMessage("a"), calling(call()), ToolMessage(blocks, tool_call_id="c1")]
    media = [inline(PNG, "image/png"), file("gs://b/x.pdf", "application/pdf")]
    told = answer({"output": "Seen:"})
    assert contents(*messages)[2] == user(told, *media)
    told["functionResponse"]["parts"] = media
    assert contents(*messages, family=NEWEST)[2] == user(told)


def test_a_block_of_a_result_that_cannot_be_sent_is_refused_by_index():
    """The index is the result's, not the call's."""
    with pytest.raises(InvalidRequestError, match=r"messages\[2\] \(tool\): .*hologram"):
        contents(HumanMessage("a"), calling(call()), ToolMessage([{"type": "hologram"}], tool_call_id="c1"))


# ---- what Google would refuse -------------------------------------------------------

ASKED = HumanMessage("a")
BROKEN: dict[str, tuple[list[BaseMessage], str, list[Json], str]] = {
    "unanswered call": (
        [ASKED, calling(call("f", "x"), call("g", "y")), ToolMessage("1", tool_call_id="x")],
        r"messages\[1\] \(ai\): its call 'g' \('y'\) has no result",
        [
            user("a"),
            model(function_call("f", "x"), function_call("g", "y")),
            user(
                answer({"output": "1"}, "f", "x"),
                answer({"error": "No result: the call was interrupted."}, "g", "y"),
            ),
        ],
        "answered with an error",
    ),
    "orphan result": (
        [ASKED, ToolMessage("1", tool_call_id="x")],
        r"messages\[1\] \(tool\): it answers 'x'",
        [user("a")],
        "left out",
    ),
    "second result of one call": (
        [ASKED, calling(call()), ToolMessage("1", tool_call_id="c1"), ToolMessage("2", tool_call_id="c1")],
        r"messages\[3\] \(tool\): it answers 'c1'",
        [user("a"), model(function_call()), user(answer({"output": "1"}))],
        "left out",
    ),
    "orphan function": (
        [ASKED, FunctionMessage(content="1", name="f")],
        r"messages\[1\] \(function\): it answers 'f'",
        [user("a")],
        "left out",
    ),
    "orphan of Anthropic's": (
        [ASKED, HumanMessage([{"type": "tool_result", "tool_use_id": "x", "content": "1"}, "b"])],
        r"messages\[1\] \(human\): it answers 'x'",
        [user("a", "b")],
        "left out",
    ),
    "result of a trimmed turn first": (
        [ToolMessage("1", tool_call_id="x"), ASKED],
        r"messages\[0\] \(tool\): it answers 'x'",
        [user("a")],
        "left out",
    ),
    "empty human": (
        [ASKED, AIMessage("b"), HumanMessage("")],
        r"messages\[2\] \(human\): it is empty",
        [user("a"), model("b")],
        "left out",
    ),
    "a call first": (
        [SYSTEM, calling(call()), ToolMessage("1", tool_call_id="c1")],
        r"messages\[1\] \(ai\): the conversation begins with its call",
        [user("(The conversation begins with the model.)"), model(function_call()), user(answer({"output": "1"}))],
        "user's turn was put before",
    ),
}


@pytest.mark.behaviour("B011")
@pytest.mark.behaviour("B012")
@pytest.mark.behaviour("B030")
@pytest.mark.behaviour("B034")
@pytest.mark.parametrize("name", BROKEN)
def test_what_google_would_refuse_is_refused_before_it_is_sent(name):
    """One request too late, the error names a place in the wire's contents; here it names the message."""
    messages, problem, _, _ = BROKEN[name]
    with pytest.raises(InvalidRequestError, match=problem):
        contents(*messages)


@pytest.mark.behaviour("B011")
@pytest.mark.behaviour("B012")
@pytest.mark.behaviour("B030")
@pytest.mark.parametrize("name", BROKEN)
def test_repair_mends_it_with_one_warning(name):
    """A thread that a crash or a trimmer broke can go on."""
    messages, _, mended, words = BROKEN[name]
    with pytest.warns(UserWarning, match=words) as warned:
        assert contents(*messages, history="repair") == mended
    assert len(warned) == 1


def test_all_that_is_mended_is_one_warning():
    """A line for each of a hundred messages would hide the rest of a log."""
    broken = [AIMessage("", tool_calls=[{"name": "f", "args": {}, "id": each}]) for each in ("1", "2")]
    with pytest.warns(UserWarning, match=r"messages\[1\] \(ai\).*messages\[3\] \(ai\)") as warned:
        contents(HumanMessage("a"), broken[0], HumanMessage("b"), broken[1], HumanMessage("c"), history="repair")
    assert len(warned) == 1


def test_a_mended_message_is_told_of_once():
    """A history is sent again with each call; LangChain clears Python's own memory of warnings each time."""
    broken = AIMessage("", tool_calls=[{"name": "f", "args": {}, "id": "1"}], id="told-once")
    another = broken.model_copy(update={"id": "told-once-too"})
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        for message in (broken, broken, broken, another):
            contents(HumanMessage("a"), message, HumanMessage("b"), history="repair")
    assert len(warned) == 2


def test_an_id_of_another_conversation_keeps_nothing_silent():
    """Some applications number the messages of each conversation from one."""
    call = {"name": "numbered", "args": {}, "id": "1"}
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        for said in ("Let me look.", "I shall see."):
            contents(HumanMessage("a"), AIMessage(said, tool_calls=[call], id="2"), HumanMessage("b"), history="repair")
    assert len(warned) == 2


@pytest.mark.behaviour("B030")
def test_a_conversation_may_begin_with_the_models_text():
    """Google takes it, and a greeting is often the first message."""
    assert contents(AIMessage("Hello!"), HumanMessage("a")) == [model("Hello!"), user("a")]


@pytest.mark.behaviour("B036")
def test_a_last_model_turn_is_sent_where_the_model_continues_it():
    """Prefill is a feature; models without it are told by a clear error."""
    assert contents(HumanMessage("a"), AIMessage("1, 2,"))[-1] == model("1, 2,")
    with pytest.raises(InvalidRequestError, match="ends with a model's turn"):
        contents(HumanMessage("a"), AIMessage("1, 2,"), family=Family(allows_prefill=False))


BLOCKED: dict[str, AIMessage] = {
    "prompt": AIMessage("", response_metadata={"block_reason": "PROHIBITED_CONTENT"}),
    "answer": AIMessage([], response_metadata={"finish_reason": "SAFETY"}),
    "with its refusal": AIMessage(
        [{"type": "refusal", "refusal": "no"}], response_metadata={"finish_reason": "PROHIBITED_CONTENT"}
    ),
}


@pytest.mark.behaviour("B035")
@pytest.mark.parametrize("name", BLOCKED)
def test_a_blocked_answer_is_left_out_with_one_warning(name):
    """Google refuses an empty model turn, and there is nothing to say again."""
    with pytest.warns(UserWarning, match=r"messages\[1\] \(ai\): its answer was blocked") as warned:
        assert contents(HumanMessage("a"), BLOCKED[name], HumanMessage("b")) == [user("a", "b")]
    assert len(warned) == 1


@pytest.mark.behaviour("B035")
def test_a_blocked_answer_with_partial_text_is_sent():
    """What the user has read, the model should know of."""
    partial = AIMessage("Once", response_metadata={"finish_reason": "SAFETY"})
    assert contents(HumanMessage("a"), partial, HumanMessage("b"))[1] == model("Once")


def test_a_family_without_system_instruction_gets_it_as_the_users_first_words():
    """Gemma 3 refuses the field, and must still be told (B079)."""
    family = family_of("gemma-3-27b-it")
    assert encode(SYSTEM, HumanMessage("a"), family=family) == (None, [user("Be brief.", "a")])
    assert encode(SYSTEM, AIMessage("a"), family=family) == (None, [user("Be brief."), model("a")])


def test_encoding_changes_no_message():
    """The same list is encoded for every turn, and stored."""
    for messages, _ in MESSAGES.values():
        before = copy.deepcopy(messages)
        contents(*messages)
        assert messages == before
