-- Version 3: what a server keeps. Only CREATE TABLE statements, as in parnas_tables.sql.

-- A worker's tries at trials, each with its lease. ended is NULL while state is 'open'.
CREATE TABLE parnas_attempts (
    trial_id INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    lease TEXT NOT NULL,
    worker TEXT NOT NULL,
    ttl_s REAL NOT NULL,
    granted TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    ended TEXT,
    PRIMARY KEY (trial_id, attempt)
) WITHOUT ROWID;

-- What came for a lease that was not valid any more.
CREATE TABLE parnas_late_reports (
    report_id INTEGER PRIMARY KEY,
    lease TEXT NOT NULL,
    time TEXT NOT NULL,
    body TEXT NOT NULL
);

-- What requests with an idempotency key were answered. request: digest of method, path, body.
CREATE TABLE parnas_answers (
    answer_id INTEGER PRIMARY KEY,
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    request TEXT NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    time TEXT NOT NULL,
    UNIQUE (scope, key)
);

CREATE TABLE parnas_workers (
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    target TEXT NOT NULL,
    version TEXT NOT NULL,
    token TEXT NOT NULL,
    draining INTEGER NOT NULL,
    registered TEXT NOT NULL,
    last_seen TEXT NOT NULL,
    revision INTEGER NOT NULL
);

-- secret_sha256: 64 hexadecimal digits. scopes, projects: JSON arrays of texts. study: its
-- name, NULL for all.
CREATE TABLE parnas_tokens (
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    secret_sha256 TEXT NOT NULL,
    scopes TEXT NOT NULL,
    projects TEXT NOT NULL,
    study TEXT,
    created TEXT NOT NULL,
    expires TEXT,
    revoked TEXT,
    revision INTEGER NOT NULL
);

-- document: JSON of what was asked for.
CREATE TABLE parnas_jobs (
    id TEXT NOT NULL UNIQUE,
    study_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    document TEXT NOT NULL,
    token TEXT NOT NULL,
    reason TEXT NOT NULL,
    submitted TEXT NOT NULL,
    started TEXT,
    ended TEXT,
    revision INTEGER NOT NULL
);

-- Who did what to what. detail: JSON.
CREATE TABLE parnas_audit (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    time TEXT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL
);
