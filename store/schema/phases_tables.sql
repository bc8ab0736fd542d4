-- Version 2: the phases of weight-sharing searches. Only CREATE TABLE statements, as in
-- parnas_tables.sql.

-- Finished phases, counted from 0 in each study. told: how many trials the strategy had been
-- told when it asked for the phase. metrics: as in parnas_trials. settings and attachment:
-- JSON; an attachment may be empty. kept: 1 while the checkpoint is in parnas_artifacts for
-- this phase's sake.
CREATE TABLE parnas_phases (
    study_id INTEGER NOT NULL,
    phase_index INTEGER NOT NULL,
    name TEXT NOT NULL,
    settings TEXT NOT NULL,
    warm_start TEXT,
    told INTEGER NOT NULL,
    metrics TEXT NOT NULL,
    attachment TEXT NOT NULL,
    cost_s REAL NOT NULL,
    checkpoint TEXT,
    kept INTEGER NOT NULL,
    started TEXT NOT NULL,
    finished TEXT NOT NULL,
    PRIMARY KEY (study_id, phase_index)
);
