"""Every probe on Google's service with the reader's key, beside the emulator and recorded traffic: `make live`.

Knows the command line and the environment; without a key nothing is asked, and nothing is started.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from langchain_genai_chat.emulator import Emulator
from langchain_genai_chat.genai import errors

from . import probes_async, probes_errors, probes_kept, probes_output, probes_text, probes_tools
from ._probe import Probe, try_on
from ._recorded import Recordings
from ._report import Report
from ._target import Models, Target

MODULES = (probes_text, probes_tools, probes_output, probes_kept, probes_errors, probes_async)
KEYS = ("GOOGLE_API_KEY", "GEMINI_API_KEY")
VERTEX = ("GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_GENAI_USE_ENTERPRISE")
NOTHING = f"No key in {' or '.join(KEYS)}: nothing was asked."
NO_VERTEX = f"neither GOOGLE_CLOUD_PROJECT nor {VERTEX[0]} is set"
TITLES = {"gemini": "the Gemini API", "vertex": "Vertex AI"}
MADE_UP = "made-up-key"
LEGEND = """Service: what was shown. Emulator: how it differs. Recorded: "2 of 9" recordings of requests for the same
show what is nearest to it, and how that differs. Tokens: which counts the usage has, not how many."""
INTERRUPTED = 130


def options_of(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.live", description=__doc__)
    parser.add_argument("--model", default="gemini-3.1-flash-lite", help="of Gemini 3 or later; default: %(default)s")
    parser.add_argument("--budget-model", default="gemini-2.5-flash-lite", help="of Gemini 2.5; default: %(default)s")
    parser.add_argument(
        "--tokens",
        type=int,
        default=os.environ.get("LIVE_TOKENS") or "100000",
        help="no probe is begun once so many are spent; default: LIVE_TOKENS, else 100000",
    )
    parser.add_argument("--search", action="store_true", help="probe Google Search too, which is billed apart")
    parser.add_argument(
        "--only", action="append", default=[], metavar="TEXT", help="only probes with TEXT in their names; repeatable"
    )
    parser.add_argument("--list", action="store_true", help="list the probes, and ask nothing")
    return parser.parse_args(arguments)


def rows(options: argparse.Namespace) -> Iterator[tuple[str, Probe, str]]:
    """Each row's name, its probe, and the backend that it is tried on."""
    probes = [probe for module in MODULES for probe in module.PROBES]
    for backend, title in TITLES.items():
        for probe in probes:
            name = probe.name if backend == "gemini" else f"{probe.name}, {title}"
            is_meant = not options.only or any(text in name for text in options.only)
            if is_meant and (backend == "gemini" or probe.on_vertex):
                yield name, probe, backend


def services(environ: Mapping[str, str], models: Models) -> dict[str, Target | str]:
    """Who is asked by backend, or why nobody is; empty where there is no key to ask anybody with."""
    key = next((environ[name].strip() for name in KEYS if environ.get(name, "").strip()), "")
    project = environ.get("GOOGLE_CLOUD_PROJECT", "").strip()
    is_on_vertex = any(environ.get(name, "").strip().lower() in ("1", "true") for name in VERTEX)
    if not key and not (is_on_vertex and project):
        return {}
    gemini: Target | str = f"{VERTEX[0]} is set: the key is Vertex AI's"
    vertex: Target | str = NO_VERTEX
    if not is_on_vertex:
        gemini = Target(models=models, arguments={"vertexai": False})
    if project:
        location = environ.get("GOOGLE_CLOUD_LOCATION", "").strip() or "global"
        vertex = Target(models=models, arguments={"vertexai": True, "project": project, "location": location})
    elif is_on_vertex:
        vertex = Target(models=models, arguments={"vertexai": True, "api_key": key})
    return {"gemini": gemini, "vertex": vertex}


def emulated(address: str, models: Models) -> dict[str, Target]:
    """The emulator as either backend."""
    reached: dict[str, Any] = {"http_options": {"base_url": address}}
    place = {"credentials": lambda: MADE_UP, "project": "emulated", "location": "global"}
    return {
        "gemini": Target(models=models, arguments={"vertexai": False, "api_key": MADE_UP, **reached}),
        "vertex": Target(models=models, arguments={"vertexai": True, **place, **reached}),
    }


def whereabouts_of(target: Target) -> str:
    """The host that is asked, and whether it is Google's."""
    host = urlsplit(target.client.base_url).hostname or ""
    return host if host.endswith(".googleapis.com") else f"{host}, which is not Google's"


def refusal_of(target: Target) -> str:
    """Why this key cannot ask this model, said once rather than in every row; empty where it can."""
    try:
        target.client.models.get(model=target.models.main)
    except errors.APIError as error:
        return f"{error.code} {error.status}: {error.message}"
    return ""


def run(options: argparse.Namespace, asked: dict[str, Target | str], report: Report) -> None:
    """Try each probe on the service and on the emulator, and print its row."""
    folder = os.environ.get("GENAI_RECORDINGS")
    recordings, spent = Recordings(Path(folder) if folder else None), 0
    models = Models(main=options.model, budget=options.budget_model)
    with Emulator(api_key=MADE_UP, models=(models.main, models.budget)) as emulator:
        stand_ins = emulated(emulator.base_url, models)
        report.say(LEGEND)
        report.head()
        planned = [*rows(options)]
        for backend, reason in asked.items():
            if isinstance(reason, str) and (unasked := sum(of == backend for _, _, of in planned)):
                report.skip(f"{unasked} probes of {TITLES[backend]}", reason, unasked)
        for name, probe, backend in planned:
            target = asked[backend]
            if isinstance(target, str):
                continue
            if probe.asked_by and not options.search:
                report.skip(name, f"{probe.asked_by} asks for it")
                continue
            if spent >= options.tokens:
                report.say(f"Stopped before {name!r}: the cap of {options.tokens} tokens is reached.")
                break
            service = try_on(target, probe)
            spent += service.tokens
            report.row(name, service, try_on(stand_ins[backend], probe), recordings.compare(service.exchanges))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 1 where a probe failed on the service."""
    options = options_of(arguments)
    if options.list:
        for name, probe, _ in rows(options):
            print(f"{name:40}{probe.claim}")
        return 0
    asked = services(os.environ, Models(main=options.model, budget=options.budget_model))
    if not asked:
        print(NOTHING)
        return 0
    report = Report(os.environ.get(name, "").strip() for name in KEYS)
    targets = [target for target in asked.values() if isinstance(target, Target)]
    status = 0
    try:
        for target in targets:
            report.say(f"Asked: {whereabouts_of(target)}; {options.model} and {options.budget_model}.")
        gemini = asked["gemini"]
        if isinstance(gemini, Target) and (refusal := refusal_of(gemini)):
            report.say(f"Refused, so nothing more was asked: {refusal}")
            return 1
        run(options, asked, report)
    except KeyboardInterrupt:
        report.say("Interrupted.")
        status = INTERRUPTED
    finally:
        for target in targets:
            target.client.close()
    report.sum_up()
    spent = sum(target.tokens for target in targets)
    report.say(f"Spent: {spent} tokens, with a cap of {options.tokens}, as the answers tell.")
    left = [name for target in targets for name in target.left]
    report.say(f"NOT deleted: {', '.join(left)}" if left else "All that was created was deleted.")
    return status or int(report.counts["service", "failed"] > 0)


if __name__ == "__main__":
    sys.exit(main())
