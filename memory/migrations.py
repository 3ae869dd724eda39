"""The schema, as numbered steps that only go forward. ``PRAGMA user_version`` counts those taken.

A step that was released is never edited: a new one is added. Each is a tuple of single statements, run in
one transaction.
"""

from __future__ import annotations

_FIRST: tuple[str, ...] = (
    """CREATE TABLE cycles (
        id TEXT PRIMARY KEY, started TEXT NOT NULL, ended TEXT, status TEXT NOT NULL,
        goal TEXT NOT NULL, summary TEXT)""",
    """CREATE TABLE findings (
        cycle TEXT NOT NULL REFERENCES cycles(id), id TEXT NOT NULL, category TEXT NOT NULL,
        created TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (cycle, id))""",
    """CREATE TABLE patches (
        id TEXT PRIMARY KEY, cycle TEXT REFERENCES cycles(id), kind TEXT NOT NULL, status TEXT NOT NULL,
        digest TEXT NOT NULL, created TEXT NOT NULL, updated TEXT NOT NULL, body TEXT NOT NULL)""",
    "CREATE INDEX patches_by_status ON patches(status, created)",
    """CREATE TABLE learnings (
        id TEXT PRIMARY KEY, cycle TEXT REFERENCES cycles(id), kind TEXT NOT NULL, text TEXT NOT NULL,
        created TEXT NOT NULL, body TEXT NOT NULL)""",
    """CREATE TABLE trials (
        id INTEGER PRIMARY KEY AUTOINCREMENT, cycle TEXT REFERENCES cycles(id), candidate TEXT NOT NULL,
        segment TEXT NOT NULL, created TEXT NOT NULL, body TEXT NOT NULL)""",
    "CREATE INDEX trials_by_segment ON trials(segment)",
    """CREATE TABLE effects (
        cycle TEXT NOT NULL, node TEXT NOT NULL, key TEXT NOT NULL, created TEXT NOT NULL,
        result TEXT NOT NULL, PRIMARY KEY (cycle, node, key))""",
    "CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
    """CREATE TABLE ledger (
        seq INTEGER PRIMARY KEY, time TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL,
        prev TEXT NOT NULL, hash TEXT NOT NULL UNIQUE)""",
    """CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
    """CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
    # INSERT OR REPLACE would delete without waking the trigger above.
    """CREATE TRIGGER ledger_no_replace BEFORE INSERT ON ledger
        WHEN EXISTS (SELECT 1 FROM ledger WHERE seq = NEW.seq OR hash = NEW.hash)
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
    """CREATE TABLE ledger_head (
        id INTEGER PRIMARY KEY CHECK (id = 1), entries INTEGER NOT NULL, hash TEXT NOT NULL)""",
)

_GOALS: tuple[str, ...] = (
    """CREATE TABLE goals (
        id TEXT PRIMARY KEY, target TEXT NOT NULL, status TEXT NOT NULL, created TEXT NOT NULL,
        updated TEXT NOT NULL, body TEXT NOT NULL)""",
)

#: Learnings get scope, dates and vectors. ``changed`` is a counter over all of them: what an index has not seen yet.
_KNOWLEDGE: tuple[str, ...] = (
    "ALTER TABLE learnings ADD COLUMN identity TEXT",
    "ALTER TABLE learnings ADD COLUMN outcome TEXT",
    "ALTER TABLE learnings ADD COLUMN valid_from TEXT",
    "ALTER TABLE learnings ADD COLUMN valid_to TEXT",
    "ALTER TABLE learnings ADD COLUMN superseded_by TEXT",
    "ALTER TABLE learnings ADD COLUMN forgotten TEXT",
    "ALTER TABLE learnings ADD COLUMN changed INTEGER NOT NULL DEFAULT 0",
    "CREATE UNIQUE INDEX learnings_by_identity ON learnings(identity)",
    "CREATE INDEX learnings_by_change ON learnings(changed)",
    """CREATE TABLE learning_tags (
        learning TEXT NOT NULL REFERENCES learnings(id), axis TEXT NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY (learning, axis, value)) WITHOUT ROWID""",
    "CREATE INDEX learning_tags_by_value ON learning_tags(axis, value)",
    "INSERT INTO learning_tags SELECT id, 'cycle', cycle FROM learnings WHERE cycle IS NOT NULL",
    """CREATE TABLE learning_vectors (
        learning TEXT PRIMARY KEY REFERENCES learnings(id), embedder TEXT NOT NULL, vector BLOB NOT NULL)""",
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (_FIRST, _GOALS, _KNOWLEDGE)
