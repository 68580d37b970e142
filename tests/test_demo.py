"""The demo as its readers start it: a process of its own, without a key.

What Google's service answers with a key cannot be tried here; that the first line says so can.
"""

import os
import re
import subprocess
import sys

from langchain_genai_chat.emulator import Emulator

DEMO = [sys.executable, "-m", "langchain_genai_chat.demo"]


def test_the_demo_says_what_it_talks_to_and_remembers_a_name():
    """Streamed sync and async, with the tokens of each turn and of all."""
    shown = subprocess.run(DEMO, capture_output=True, text=True, timeout=110, check=True).stdout
    assert "not Gemini" in shown.splitlines()[0]
    for part in shown.partition("== tool call")[0].split("== astream"):
        assert part.count("tokens in, ") == 3
        assert "Your name is Alice." in part
        assert "tokens in all." in part


def test_the_demo_keeps_a_call_s_signature_and_a_conversation_whose_process_was_killed():
    """The two things that other clients lose."""
    shown = subprocess.run(DEMO, capture_output=True, text=True, timeout=110, check=True).stdout
    tool_call, killed = shown.partition("== tool call")[2].split("== a killed process")
    called = re.search(r"calls count_maps\({'town': 'Vienna'}\), id (\w+)", tool_call)
    assert called is not None
    assert re.search(rf"sent back: id {called[1]}, signature \w{{16}}", tool_call)
    assert "6 maps of Vienna" in tool_call.split("Model: ")[-1]
    assert "in the middle of a turn" in killed
    assert "was killed (exit code" in killed
    assert "the same byte for byte" in killed
    assert "Your name is Alice." in killed


def test_with_a_key_it_says_that_it_talks_to_google():
    """Said before anything is sent; the proxy that refuses keeps it from being sent anywhere."""
    env = {**os.environ, "GEMINI_API_KEY": "k", "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": ""}
    with subprocess.Popen(DEMO, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env) as demo:
        assert demo.stdout is not None
        first = demo.stdout.readline()
        demo.kill()
    assert "Google's Gemini API" in first
    assert "GEMINI_API_KEY" in first


def test_what_the_service_refuses_ends_it_with_one_line():
    """Whoever tries it with a mistyped key meets that first, and a page of traceback would hide it."""
    with Emulator(api_key="right") as emulator:
        env = {**os.environ, "GEMINI_API_KEY": "wrong", "GOOGLE_GEMINI_BASE_URL": emulator.base_url}
        done = subprocess.run(DEMO, capture_output=True, text=True, timeout=110, check=False, env=env)
    assert done.returncode == 1
    assert done.stderr.splitlines() == ["", "INVALID_ARGUMENT: API key not valid. Please pass a valid API key."]


def test_the_demo_s_options_are_told():
    """An argument that it does not know must not be taken for the folder of the process that is killed."""
    done = subprocess.run([*DEMO, "--help"], capture_output=True, text=True, timeout=110, check=True)
    assert done.stdout.startswith("usage: python -m langchain_genai_chat.demo [-h]\n")
