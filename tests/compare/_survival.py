"""Whether a recorded reply, taken over HTTP and stored as JSON, is sent again with the parts that it had."""

import json
from collections.abc import Iterable
from functools import reduce
from operator import add
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage, messages_from_dict, messages_to_dict

from ..conformance._recorded import Reply, joined, parts_to_come_back, without_filler
from ..faults._faults import JSON_TYPE, SSE_TYPE, event, http
from ..faults._server import Asked, Behaviour, FaultServer
from ._packages import Make

Json = dict[str, Any]

STANDARD = str.maketrans("-_", "+/", "=")
"""From any dialect of base64 to one."""


def lost_replies(make: Make, replies: Iterable[Reply], server: FaultServer) -> dict[str, str]:
    """The replies that do not come back whole, by id, each with what was sent instead."""
    lost = {}
    for reply in replies:
        run = server.run(_saying(reply))
        try:
            model = make(model=reply.model.rsplit("/")[-1], base_url=run.base_url, max_retries=0)
            model.invoke([HumanMessage("Hi"), *_stored(_asked(model, reply)), HumanMessage("And now?")])
        except Exception as error:  # noqa: BLE001 - whatever it is, the reply did not survive
            lost[reply.id] = repr(error)
            continue
        sent = _comparable(_model_parts(run.asked[-1].body))
        if sent != _comparable(parts_to_come_back(reply.parts)):
            lost[reply.id] = json.dumps(sent)
    return lost


def _saying(reply: Reply) -> Behaviour:
    """The recorded answer to the first request, and any answer to the next."""

    def behave(asked: Asked) -> Any:
        if asked.attempt > 1:
            yield http(b'{"candidates": [{"content": {"parts": [{"text": "Yes."}]}, "finishReason": "STOP"}]}')
        elif asked.streamed:
            yield http(b"".join(map(event, reply.events)), kind=SSE_TYPE)
        else:
            yield http(json.dumps(reply.whole).encode(), kind=JSON_TYPE)

    return behave


def _asked(model: BaseChatModel, reply: Reply) -> AIMessage:
    answer = reduce(add, model.stream("Hi")) if reply.sse or len(reply.events) > 1 else model.invoke("Hi")
    assert isinstance(answer, AIMessage)
    return answer


def _stored(message: AIMessage) -> list[Any]:
    """The message through JSON text, as any store of LangChain's keeps it, and an answer to each of its calls."""
    (restored,) = messages_from_dict(json.loads(json.dumps(messages_to_dict([message]))))
    return [restored, *(ToolMessage("{}", tool_call_id=call["id"], name=call["name"]) for call in message.tool_calls)]


def _model_parts(body: bytes) -> list[Json]:
    contents = json.loads(body)["contents"]
    return next((content["parts"] for content in contents if content["role"] == "model"), [])


def _comparable(parts: list[Json]) -> list[Json]:
    """Parts without what is no loss: the filler of unsigned calls, the dialect of base64, absence said in two ways."""
    return [_without_absence(part) for part in without_filler(joined(parts)) if not _is_unsigned_thought(part)]


def _is_unsigned_thought(part: Json) -> bool:
    """Google wants signed thoughts back, and takes no notice of others."""
    return bool(part.get("thought")) and "thoughtSignature" not in part


def _without_absence(part: Json) -> Json:
    kept = {name: value for name, value in part.items() if value not in (False, None)}
    if "thoughtSignature" in kept:
        kept["thoughtSignature"] = kept["thoughtSignature"].translate(STANDARD)
    if call := kept.get("functionCall"):
        kept["functionCall"] = {"name": call.get("name"), "args": call.get("args") or {}}
    return kept
