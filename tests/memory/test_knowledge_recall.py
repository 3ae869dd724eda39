"""How well lessons are found when asked for in other words. Figures are recall over the questions of recall_set."""

import numpy as np
import pytest
from recall_set import LESSONS, QUESTIONS

from memory.embeddings import Embedder, HashingEmbedder
from memory.embeddings_minilm import MiniLM


def recall(embedder: Embedder, questions: list[tuple[str, str]]) -> tuple[float, float]:
    """Share of questions whose lesson comes first, and among the first five."""
    names = list(LESSONS)
    near = embedder.embed([q for q, _ in questions]) @ embedder.embed(list(LESSONS.values())).T
    wanted = np.array([names.index(name) for _, name in questions])
    ranks = (near > near[np.arange(len(wanted)), wanted][:, None]).sum(axis=1)
    return float((ranks < 1).mean()), float((ranks < 5).mean())


def test_the_set_is_what_it_says() -> None:
    assert len(LESSONS) == 64 and len(QUESTIONS) == 40 and len(set(LESSONS.values())) == 64
    assert all(name in LESSONS for _, name in QUESTIONS)


@pytest.mark.parametrize("half", [0, 1], ids=["seen", "held back"])
def test_the_model_finds_meaning_that_words_do_not(half: int) -> None:
    model, words = recall(MiniLM(), QUESTIONS[half::2]), recall(HashingEmbedder(), QUESTIONS[half::2])
    assert model[1] >= 0.4 and model[1] >= words[1] + 0.2
    assert model[0] >= words[0]
