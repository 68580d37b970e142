"""An agent with an answer of a class of one's own."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# LangGraph's own types are partly unknown to pyright.

from langchain.agents import create_agent
from langchain_core.messages import HumanMessage

from langchain_genai_chat import ChatGenAI

from .guide import City, count_maps, find_map


def travel() -> City:
    """One question, some tools, one answer."""
    model = ChatGenAI(model="gemini-3.5-flash")
    agent = create_agent(model, tools=[find_map, count_maps], response_format=City)
    state = agent.invoke({"messages": [HumanMessage("Describe Vienna, and find a map of it.")]})
    answer: City = state["structured_response"]
    return answer
