-- Version 2: who holds an artifact is asked whenever one may go.
CREATE INDEX ix_parnas_trials_warm_start ON parnas_trials (warm_start)
    WHERE warm_start IS NOT NULL;
CREATE INDEX ix_parnas_phases_checkpoint ON parnas_phases (checkpoint) WHERE kept;

CREATE TRIGGER parnas_phases_study_deleted AFTER DELETE ON studies BEGIN
    DELETE FROM parnas_phases WHERE study_id = OLD.study_id;
END;
