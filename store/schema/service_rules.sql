-- Version 3. A trial has one open attempt at most.
CREATE UNIQUE INDEX ix_parnas_attempts_lease ON parnas_attempts (lease);
CREATE UNIQUE INDEX ix_parnas_attempts_open ON parnas_attempts (trial_id) WHERE state = 'open';
CREATE INDEX ix_parnas_late_reports_lease ON parnas_late_reports (lease);
CREATE INDEX ix_parnas_answers_time ON parnas_answers (time);
CREATE UNIQUE INDEX ix_parnas_tokens_name ON parnas_tokens (name) WHERE revoked IS NULL;
CREATE INDEX ix_parnas_jobs_study ON parnas_jobs (study_id, id);

CREATE TRIGGER parnas_attempts_trial_deleted AFTER DELETE ON trials BEGIN
    DELETE FROM parnas_late_reports WHERE lease IN
        (SELECT lease FROM parnas_attempts WHERE trial_id = OLD.trial_id);
    DELETE FROM parnas_attempts WHERE trial_id = OLD.trial_id;
END;

CREATE TRIGGER parnas_jobs_study_deleted AFTER DELETE ON studies BEGIN
    DELETE FROM parnas_jobs WHERE study_id = OLD.study_id;
END;
