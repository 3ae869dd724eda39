"""Lessons as JSON lines: all or nothing, again changes nothing, out and in again loses nothing."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory.embeddings import HashingEmbedder
from memory.errors import MemoryStoreError
from memory.knowledge import Knowledge
from memory.knowledge_files import parse_lines, take_in, to_lines
from memory.learnings import Learnings
from memory.store import Store


@pytest.fixture
def learnings(tmp_path: Path) -> Learnings:
    with Store(tmp_path / "mendel.db") as store:
        yield Learnings(store)  # type: ignore[misc]


def lines(*documents: object) -> bytes:
    return "\n".join(json.dumps(d) for d in documents).encode()


def test_bad_lines_are_named_and_nothing_is_kept(learnings: Learnings) -> None:
    content = (
        lines({"id": "a", "text": "good"})
        + b'\n\nno json\n{"text": "no id"}\n\xff\xfe\n{"id": "n", "text": "x", "odd": NaN}'
    )
    with pytest.raises(MemoryStoreError) as caught:
        parse_lines(content, "f.jsonl")
    told = str(caught.value)
    for part in (
        "f.jsonl: line 3: is no JSON",
        "line 4: has no id",
        "line 5: is not UTF-8",
        "line 6: cannot be kept",
    ):
        assert part in told
    assert "nothing was imported" in told and "\n" not in told and learnings.everything() == []


def test_an_id_that_is_taken_stops_all_of_it(learnings: Learnings) -> None:
    parsed = parse_lines(
        lines({"id": "a", "text": "one"}, {"id": "b", "text": "two"}, {"id": "a", "text": "three"}), "f"
    )
    with pytest.raises(MemoryStoreError, match="f: line 3: id 'a' is another lesson"):
        take_in(learnings, parsed, "f")
    assert learnings.everything() == []


def test_again_changes_nothing_and_other_ids_are_kept_as_aliases(learnings: Learnings) -> None:
    content = lines(
        {"id": "a", "text": "one", "cycle": "far-away"},
        {"id": "b", "text": "One."},
        {"id": "c", "text": "two"},
    )
    done = take_in(learnings, parse_lines(content, "f"), "f")
    assert (done.lessons, done.new, done.known, done.same) == (3, 2, 1, {"b": "a"})
    before = learnings.everything()
    again = take_in(learnings, parse_lines(content, "f"), "f")
    assert (again.new, again.known) == (0, 3) and learnings.everything() == before
    assert learnings.required("b")["id"] == "a" and before[0]["provenance"] == {"cycles": ["far-away"]}


def test_byte_order_mark_windows_line_ends_and_blank_lines(learnings: Learnings) -> None:
    content = b"\xef\xbb\xbf" + lines(
        {"id": "a", "text": "one"}, {"id": "b", "text": "two", "symbol": "eth"}
    ).replace(b"\n", b"\r\n\r\n")
    assert take_in(learnings, parse_lines(content, "f"), "f").new == 2
    assert learnings.required("b")["symbols"] == ["ETH"]
    assert parse_lines(b"\n \n", "empty") == []


names = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12
).filter(str.strip)


@settings(max_examples=30, deadline=None)
@given(
    documents=st.lists(
        st.fixed_dictionaries(
            {"id": names, "text": names},
            optional={
                "symbols": st.lists(st.sampled_from(["ETHUSDT", "TONUSDT"]), max_size=2),
                "regimes": st.lists(st.sampled_from(["calm", "wild"]), max_size=2),
                "holds": st.booleans(),
                "effect": st.floats(-1e6, 1e6),
                "n": st.integers(0, 10**9),
                "outcome": st.sampled_from(["2024-01-01", "2025-06-01T10:00:00+02:00"]),
                "odd": st.lists(st.integers(), min_size=1, max_size=2),
            },
        ),
        max_size=6,
        unique_by=(lambda d: d["id"], lambda d: d["text"].casefold().strip().rstrip(".")),
    )
)
def test_out_and_in_again_loses_nothing(
    tmp_path_factory: pytest.TempPathFactory, documents: list[dict[str, object]]
) -> None:
    folder = tmp_path_factory.mktemp("files")
    with Store(folder / "a.db") as one, Store(folder / "b.db") as other:
        take_in(Learnings(one), parse_lines(lines(*documents), "f"), "f")
        rows = Learnings(one).everything()
        take_in(Learnings(other), parse_lines("\n".join(to_lines(rows)).encode(), "g"), "g")
        key = lambda row: row["id"]  # noqa: E731
        assert sorted(Learnings(other).everything(), key=key) == sorted(rows, key=key)


def test_thousands_of_lessons_are_kept_in_one_go_and_searched(tmp_path: Path) -> None:
    content = lines(
        *({"id": f"L{i}", "text": f"lesson number {i} about {i * 7919 % 10007}"} for i in range(3000))
    )
    with Store(tmp_path / "m.db") as store, Knowledge(store, embedder=HashingEmbedder(128)) as knowledge:
        assert take_in(knowledge.learnings, parse_lines(content, "f"), "f").new == 3000
        found = knowledge.search(f"lesson number 77 about {77 * 7919 % 10007}", 3)
        assert not found.exact and found.results[0]["id"] == "L77"
