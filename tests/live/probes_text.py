"""Probes of text: replies, streams, conversations, limits, tokens, and what is sent."""

import json

from langchain_core.messages import (
    AIMessage,
    HumanMessage,
    SystemMessage,
    messages_from_dict,
    messages_to_dict,
)

from langchain_genai_chat import GenAIChatMessageHistory

from ._asking import asked, joined, reason_of, sent_again, tokens_of
from ._probe import Probes, Shown
from ._target import Target

PROBES = Probes()

RIVERS = "Name three rivers of Europe."
ALICE = ("My name is Alice.", "What is my name?")


@PROBES.add("text", on_vertex=True)
def ask_for_text(target: Target) -> Shown:
    """A reply has text, ends with STOP, and its tokens add up."""
    reply = target.chat_model().invoke(RIVERS)
    assert reply.text.strip(), "the reply has text"
    assert reason_of(reply) == "STOP", "the reply ends with STOP"
    given, taken, total = tokens_of(reply)
    assert given + taken == total, "input and output tokens are the total"
    return {"output_version": reply.response_metadata.get("output_version", "none")}


@PROBES.add("text, streamed", on_vertex=True)
def stream_text(target: Target) -> Shown:
    """The chunks add up to a reply with text, STOP, and the tokens of the stream's last event."""
    reply = joined(target.chat_model().stream("Write five short sentences about rivers."))
    assert reply.text.strip(), "the reply has text"
    assert reason_of(reply) == "STOP", "the reply ends with STOP"
    assert tokens_of(reply)[2] == target.wire.last.tokens, "the tokens are those of the last event"
    return {"events": "several" if len(target.wire.last.events) > 1 else "one"}


@PROBES.add("text, through the client", on_vertex=True)
def ask_the_client(target: Target) -> Shown:
    """`client.models.generate_content` gives text, a reason and tokens."""
    response = target.client.models.generate_content(model=target.models.main, contents=RIVERS, config=target.config())
    assert response.text, "the response has text"
    assert response.usage_metadata is not None, "the response has usage_metadata"
    return {"model_version given": response.model_version is not None, "response_id given": bool(response.response_id)}


@PROBES.add("system instruction", emulator_lacks="it follows no instructions")
def instruct(target: Target) -> Shown:
    """A system message is obeyed."""
    system = SystemMessage("Whatever you are asked, answer with the one word PINEAPPLE.")
    reply = target.chat_model().invoke([system, HumanMessage(RIVERS)])
    assert "PINEAPPLE" in reply.text.upper(), "the reply is the word that the system message asked for"
    return None


@PROBES.add("stop sequence")
def stop_early(target: Target) -> Shown:
    """A stop sequence ends the reply before it, with STOP."""
    reply = target.chat_model().invoke("Repeat these words: one two three four five", stop=["four"])
    assert "four" not in reply.text, "the reply ends before the stop sequence"
    assert reason_of(reply) == "STOP", "the reply ends with STOP"
    return None


@PROBES.add("max tokens")
def cut_off(target: Target) -> Shown:
    """A reply that reaches `max_tokens` ends with MAX_TOKENS."""
    reply = target.chat_model(max_tokens=8).invoke("Count from one to two hundred in words, separated by commas.")
    assert reason_of(reply) == "MAX_TOKENS", "the reply ends with MAX_TOKENS"
    return {"within the limit": tokens_of(reply)[1] <= 8}


@PROBES.add("two turns", on_vertex=True)
def remember(target: Target) -> Shown:
    """What was said in the first turn is known in the second."""
    model, messages = target.chat_model(), asked(ALICE[0])
    messages += [model.invoke(messages), HumanMessage(ALICE[1])]
    assert "Alice" in model.invoke(messages).text, "the second reply knows the name"
    return None


@PROBES.add("history round trip", on_vertex=True)
def go_through_storage(target: Target) -> Shown:
    """A reply that was stored as JSON goes back with the same parts, signatures included."""
    model, start = target.chat_model(), len(target.wire)
    first = [*asked(ALICE[0]), model.invoke(ALICE[0])]
    stored = messages_from_dict(json.loads(json.dumps(messages_to_dict(first))))
    assert "Alice" in model.invoke([*stored, HumanMessage(ALICE[1])]).text, "the second reply knows the name"
    before, after = target.wire.since(start)
    assert sent_again(after) == before.parts, "the parts that came are the parts that went back"
    return None


@PROBES.add("chat")
def chat(target: Target) -> Shown:
    """`client.chats` remembers, one content a turn."""
    talk = target.client.chats.create(model=target.models.main, config=target.config())
    talk.send_message(ALICE[0])
    assert "Alice" in (talk.send_message(ALICE[1]).text or ""), "the second answer knows the name"
    assert [content.role for content in talk.get_history()] == ["user", "model"] * 2, "the history has four contents"
    return None


@PROBES.add("chat, streamed")
def stream_a_chat(target: Target) -> Shown:
    """A streamed turn is one content of the history, and is accepted when it goes back."""
    talk = target.client.chats.create(model=target.models.main, config=target.config())
    streamed = "".join(chunk.text or "" for chunk in talk.send_message_stream(ALICE[0]))
    assert streamed, "the stream has text"
    second = "".join(chunk.text or "" for chunk in talk.send_message_stream(ALICE[1]))
    assert "Alice" in second, "the second answer knows the name"
    assert len(talk.get_history()) == 4, "the history has four contents"
    return None


@PROBES.add("chat as message history")
def share_a_history(target: Target) -> Shown:
    """A chat's turns are messages, through JSON too, and a LangChain model goes on with them."""
    talk = target.client.chats.create(model=target.models.main, config=target.config())
    talk.send_message(ALICE[0])
    history = GenAIChatMessageHistory.from_json(GenAIChatMessageHistory(talk).to_json())
    assert [type(one) for one in history.messages] == [HumanMessage, AIMessage], "a turn is two messages"
    reply = target.chat_model().invoke([*history.messages, HumanMessage(ALICE[1])])
    assert "Alice" in reply.text, "the model knows what the chat was told"
    return None


@PROBES.add("preview")
def preview(target: Target) -> Shown:
    """A preview is the method, the address and the body of the request that is sent."""
    model = target.chat_model(seed=7)
    said = model.preview(RIVERS)
    model.invoke(RIVERS)
    sent = target.wire.last
    assert (said.method, said.url, said.body) == (sent.http_method, sent.url, sent.request), "it was sent as previewed"
    return None


@PROBES.add("safety settings")
def set_safety(target: Target) -> Shown:
    """Thresholds are accepted."""
    settings = {"HARM_CATEGORY_DANGEROUS_CONTENT": "BLOCK_ONLY_HIGH", "HARM_CATEGORY_HARASSMENT": "BLOCK_NONE"}
    assert target.chat_model(safety_settings=settings).invoke(RIVERS).text, "the reply has text"
    return None


@PROBES.add("count tokens", on_vertex=True)
def count(target: Target) -> Shown:
    """`client.models.count_tokens` counts."""
    counted = target.client.models.count_tokens(model=target.models.main, contents=RIVERS)
    assert (counted.total_tokens or 0) > 0, "tokens were counted"
    return None


@PROBES.add("count tokens of messages")
def count_messages(target: Target) -> Shown:
    """Messages are counted, and a call with them takes as many as input."""
    model = target.chat_model()
    messages = [SystemMessage("You are a guide."), *asked(RIVERS)]
    counted = model.get_num_tokens_from_messages(messages)
    assert counted > 0, "tokens were counted"
    return {"counted as much as it takes": counted == tokens_of(model.invoke(messages))[0]}


@PROBES.add("models")
def look_up(target: Target) -> Shown:
    """The model is listed, and looked up with its limits."""
    found = target.client.models.get(model=target.models.main)
    assert (found.input_token_limit or 0) > 0, "the model has an input limit"
    names = [model.name for model in target.client.models.list()]
    assert f"models/{target.models.main}" in names, "the model is listed"
    return None
