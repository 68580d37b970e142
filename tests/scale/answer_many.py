"""A program that answers many prompts with Ray Data, on two workers of this machine: what the test starts.

python answer_many.py URL PROMPTS RESULTS
"""

import logging
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import ray
from langchain_core.messages import AIMessage
from langchain_core.rate_limiters import InMemoryRateLimiter
from pydantic import SecretStr

from langchain_genai_chat import ChatGenAI

RATE = 400
Batch = dict[str, Any]


class Answer:
    """Lives once in each worker, with a model that came there pickled; a failure stays with its row."""

    def __init__(self, model: ChatGenAI) -> None:
        self._model = model

    async def __call__(self, batch: Batch) -> AsyncIterator[Batch]:
        prompts: list[Any] = [str(prompt) for prompt in batch["prompt"]]
        replies: list[Any] = await self._model.abatch(prompts, {"max_concurrency": 8}, return_exceptions=True)
        texts = [reply.text if isinstance(reply, AIMessage) else "" for reply in replies]
        errors = ["" if isinstance(reply, AIMessage) else type(reply).__name__ for reply in replies]
        limiter = self._model.rate_limiter
        rate = limiter.requests_per_second if isinstance(limiter, InMemoryRateLimiter) else 0
        here = f"{os.getpid()} {id(self._model.client)}"
        yield {
            **batch,
            "text": np.array(texts),
            "error": np.array(errors),
            "client": np.array([here] * len(prompts)),
            "rate": np.array([rate] * len(prompts)),
        }


def main() -> None:
    base_url, prompts, results = sys.argv[1:]
    limiter = InMemoryRateLimiter(requests_per_second=RATE, check_every_n_seconds=0.005, max_bucket_size=RATE)
    model = ChatGenAI(model="gemini-3.5-flash", api_key=SecretStr("k"), base_url=base_url, rate_limiter=limiter)
    # with two processors the reader starves: each worker takes one
    ray.init(num_cpus=4, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    ray.data.DataContext.get_current().execution_options.preserve_order = True
    rows = ray.data.read_text(prompts).rename_columns({"text": "prompt"})
    answered = rows.map_batches(
        Answer,
        fn_constructor_kwargs={"model": model},
        batch_size=50,
        compute=ray.data.ActorPoolStrategy(size=2),
    )
    Path(results).write_text(answered.to_pandas().to_json(orient="records"), encoding="utf-8")


if __name__ == "__main__":
    main()
