-- What Optuna has no word for, beside its tables. Times are UTC text with six digits of a
-- second; digests are 32 hexadecimal digits. Only CREATE TABLE statements here: a reader of
-- a file that has none of them makes them as temporary tables.

-- One row. The next_ counters are raised when a row is deleted, so that parnas never gives
-- an id twice.
CREATE TABLE parnas_meta (
    meta_id INTEGER PRIMARY KEY CHECK (meta_id = 1),
    schema_version INTEGER NOT NULL,
    next_study_id INTEGER NOT NULL,
    next_trial_id INTEGER NOT NULL
);

-- driver_host is NULL while nobody drives the study. A batch must show driver_epoch.
CREATE TABLE parnas_studies (
    study_id INTEGER PRIMARY KEY,
    job TEXT NOT NULL,
    state TEXT NOT NULL,
    state_reason TEXT NOT NULL,
    created TEXT NOT NULL,
    driver_epoch INTEGER NOT NULL DEFAULT 0,
    driver_host TEXT,
    driver_pid INTEGER,
    driver_process_start INTEGER,
    driver_ttl_s REAL,
    driver_expires TEXT
);

-- genotype: JSON array of internal values. seed: 64 bits, shown as a signed number.
-- metrics: JSON object; NaN and the infinities are the texts "NaN", "Infinity", "-Infinity".
CREATE TABLE parnas_trials (
    trial_id INTEGER PRIMARY KEY,
    genotype TEXT NOT NULL,
    stage TEXT NOT NULL,
    fidelity REAL NOT NULL,
    seed INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    warm_start TEXT,
    metrics TEXT,
    failure_kind TEXT,
    failure_reason TEXT,
    cost_s REAL NOT NULL DEFAULT 0,
    reuse_key TEXT,
    reused_from INTEGER,
    architecture TEXT,
    weights TEXT
);

-- Every version of a study's front, counted from 1. members: JSON array of trial numbers.
CREATE TABLE parnas_fronts (
    study_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    time TEXT NOT NULL,
    members TEXT NOT NULL,
    hypervolume REAL,
    PRIMARY KEY (study_id, version)
) WITHOUT ROWID;

CREATE TABLE parnas_events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    study_id INTEGER NOT NULL,
    time TEXT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL
);

-- id is the digest of bytes; size is their number.
CREATE TABLE parnas_artifacts (
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    size INTEGER NOT NULL,
    bytes BLOB NOT NULL
);
