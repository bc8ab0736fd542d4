-- Indexes and triggers that tie the parnas tables to Optuna's, and the one row of
-- parnas_meta. The triggers fire for Optuna's connections too: what it deletes leaves no
-- parnas row behind that a later study with the same id would inherit.
CREATE INDEX IF NOT EXISTS ix_parnas_trials_number ON trials (study_id, number);
CREATE INDEX ix_parnas_trials_reuse ON parnas_trials (reuse_key) WHERE reuse_key IS NOT NULL;
CREATE INDEX ix_parnas_trials_weights ON parnas_trials (weights) WHERE weights IS NOT NULL;
CREATE INDEX ix_parnas_events_study ON parnas_events (study_id, seq);

CREATE TRIGGER parnas_trial_deleted AFTER DELETE ON trials BEGIN
    DELETE FROM parnas_trials WHERE trial_id = OLD.trial_id;
    UPDATE parnas_meta SET next_trial_id = OLD.trial_id + 1 WHERE next_trial_id <= OLD.trial_id;
END;

CREATE TRIGGER parnas_study_deleted AFTER DELETE ON studies BEGIN
    DELETE FROM parnas_studies WHERE study_id = OLD.study_id;
    DELETE FROM parnas_fronts WHERE study_id = OLD.study_id;
    DELETE FROM parnas_events WHERE study_id = OLD.study_id;
    UPDATE parnas_meta SET next_study_id = OLD.study_id + 1 WHERE next_study_id <= OLD.study_id;
END;

INSERT INTO parnas_meta VALUES (1, 1, 1, 1);
