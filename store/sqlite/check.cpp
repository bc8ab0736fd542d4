// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "core/hash.h"
#include "store/sqlite/access_queries.h"
#include "store/sqlite/answer_queries.h"
#include "store/sqlite/job_queries.h"
#include "store/sqlite/lease_queries.h"
#include "store/sqlite/phase_queries.h"
#include "store/sqlite/readers.h"
#include "store/sqlite/study_queries.h"
#include "store/sqlite/trial_queries.h"
#include "store/sqlite/worker_queries.h"
#include "store/sqlite_file.h"
#include "store/sqlite_store.h"

namespace parnas::store {
namespace {

using sqlite::Database;
using sqlite::Query;

// "study 'a' trial 7"; of `t`, a row of trials.
#define PARNAS_TRIAL_PLACE                                                           \
    "'study ''' || (SELECT study_name FROM studies s WHERE s.study_id = t.study_id)" \
    " || ''' trial ' || t.number"

// What parnas promises, each as a question for the rows that break it: place and message.
constexpr std::array<std::string_view, 27> kRules{
    "SELECT 'study ''' || s.study_name || '''',"
    " 'its ' || count(*) || ' trials are numbered ' || ifnull(min(t.number), '?') || ' to ' ||"
    " ifnull(max(t.number), '?') || ', not 0 to ' || (count(*) - 1)"
    " FROM studies s JOIN trials t ON t.study_id = s.study_id GROUP BY s.study_id"
    " HAVING min(t.number) IS NOT 0 OR max(t.number) IS NOT count(*) - 1"
    " OR count(DISTINCT t.number) <> count(*)",

    "SELECT 'parnas_trials ' || trial_id, 'there is no trial with this id' FROM parnas_trials"
    " WHERE trial_id NOT IN (SELECT trial_id FROM trials)",
    "SELECT 'parnas_studies ' || study_id, 'there is no study with this id' FROM parnas_studies"
    " WHERE study_id NOT IN (SELECT study_id FROM studies)",
    "SELECT DISTINCT 'parnas_fronts ' || study_id, 'there is no study with this id'"
    " FROM parnas_fronts WHERE study_id NOT IN (SELECT study_id FROM studies)",
    "SELECT DISTINCT 'parnas_events ' || study_id, 'there is no study with this id'"
    " FROM parnas_events WHERE study_id NOT IN (SELECT study_id FROM studies)",
    "SELECT DISTINCT 'parnas_phases ' || study_id, 'there is no study with this id'"
    " FROM parnas_phases WHERE study_id NOT IN (SELECT study_id FROM studies)",
    "SELECT 'parnas_jobs ' || id, 'there is no study ' || study_id FROM parnas_jobs"
    " WHERE study_id NOT IN (SELECT study_id FROM studies)",
    "SELECT 'parnas_attempts ' || trial_id, 'there is no trial with this id' FROM parnas_attempts"
    " WHERE trial_id NOT IN (SELECT trial_id FROM trials)",
    "SELECT 'parnas_late_reports ' || report_id, 'there is no lease ' || lease"
    " FROM parnas_late_reports WHERE lease NOT IN (SELECT lease FROM parnas_attempts)",

    "SELECT " PARNAS_TRIAL_PLACE
    ", 'it is complete with ' || v.found || ' values for ' ||"
    " v.wanted || ' objectives' FROM trials t JOIN (SELECT trial_id,"
    " (SELECT count(*) FROM trial_values c WHERE c.trial_id = each.trial_id) AS found,"
    " (SELECT count(*) FROM study_directions d WHERE d.study_id = each.study_id) AS wanted"
    " FROM trials each WHERE state = 'COMPLETE') v ON v.trial_id = t.trial_id"
    " WHERE v.found <> v.wanted",
    "SELECT " PARNAS_TRIAL_PLACE
    ", 'it is complete with the value NaN'"
    " FROM trials t JOIN trial_values v ON v.trial_id = t.trial_id"
    " WHERE t.state = 'COMPLETE' AND v.value_type = 'FINITE' AND v.value IS NULL",
    "SELECT " PARNAS_TRIAL_PLACE
    ", 'it is ' || lower(t.state) || ' without a time of its end'"
    " FROM trials t WHERE t.state IN ('COMPLETE', 'PRUNED', 'FAIL')"
    " AND t.datetime_complete IS NULL",
    "SELECT " PARNAS_TRIAL_PLACE
    ", 'it is ' || lower(t.state) || ' and has a time of its end'"
    " FROM trials t WHERE t.state IN ('RUNNING', 'WAITING') AND t.datetime_complete IS NOT NULL",
    "SELECT " PARNAS_TRIAL_PLACE
    ", 'it failed, and nothing says why' FROM trials t"
    " JOIN parnas_trials p ON p.trial_id = t.trial_id"
    " WHERE t.state = 'FAIL' AND p.failure_kind IS NULL AND p.genotype <> ''",
    "SELECT " PARNAS_TRIAL_PLACE
    ", 'it is ' || lower(t.state) || ' with a reason of failure'"
    " FROM trials t JOIN parnas_trials p ON p.trial_id = t.trial_id"
    " WHERE t.state <> 'FAIL' AND p.failure_kind IS NOT NULL",
    "SELECT " PARNAS_TRIAL_PLACE
    ", 'it is unfinished in a complete study' FROM trials t"
    " JOIN parnas_trials p ON p.trial_id = t.trial_id"
    " JOIN parnas_studies ps ON ps.study_id = t.study_id"
    " WHERE ps.state = 'complete' AND t.state IN ('RUNNING', 'WAITING')",

    "SELECT " PARNAS_TRIAL_PLACE
    ", 'its weights ' || p.weights || ' are not in the store'"
    " FROM trials t JOIN parnas_trials p ON p.trial_id = t.trial_id"
    " WHERE p.weights IS NOT NULL AND p.weights NOT IN (SELECT id FROM parnas_artifacts)",
    "SELECT " PARNAS_TRIAL_PLACE
    ", 'it has the result of trial ' || p.reused_from ||"
    " ', which is not complete' FROM trials t JOIN parnas_trials p ON p.trial_id = t.trial_id"
    " WHERE p.reused_from IS NOT NULL AND NOT EXISTS (SELECT 1 FROM trials l"
    " WHERE l.study_id = t.study_id AND l.number = p.reused_from AND l.state = 'COMPLETE')",

    "SELECT " PARNAS_TRIAL_PLACE
    ", 'its attempt ' || a.attempt || ' is ' || a.state ||"
    " iif(a.ended IS NULL, ' without a time of its end', ' and has a time of its end')"
    " FROM trials t JOIN parnas_attempts a ON a.trial_id = t.trial_id"
    " WHERE (a.state = 'open') <> (a.ended IS NULL)",
    // Another program finishes a trial without its metrics, and knows of no attempts.
    "SELECT " PARNAS_TRIAL_PLACE
    ", 'it is ' || lower(t.state) || ', and its attempt ' || a.attempt || ' is open'"
    " FROM trials t JOIN parnas_attempts a ON a.trial_id = t.trial_id"
    " JOIN parnas_trials p ON p.trial_id = t.trial_id WHERE a.state = 'open'"
    " AND p.metrics IS NOT NULL AND t.state IN ('COMPLETE', 'PRUNED', 'FAIL')",
    "SELECT " PARNAS_TRIAL_PLACE
    ", 'it is at attempt ' || p.attempt || ', and its attempt ' || a.attempt || ' is open'"
    " FROM trials t JOIN parnas_attempts a ON a.trial_id = t.trial_id"
    " JOIN parnas_trials p ON p.trial_id = t.trial_id"
    " WHERE a.state = 'open' AND a.attempt < p.attempt",
    "SELECT " PARNAS_TRIAL_PLACE
    ", 'it is at attempt ' || p.attempt || ', and its attempt ' || a.attempt || ' was given'"
    " FROM trials t JOIN parnas_attempts a ON a.trial_id = t.trial_id"
    " JOIN parnas_trials p ON p.trial_id = t.trial_id WHERE a.attempt > p.attempt",

    "SELECT 'study ''' || s.study_name || '''', 'its ' || count(*) || ' phases end with number '"
    " || max(f.phase_index) FROM studies s JOIN parnas_phases f ON f.study_id = s.study_id"
    " GROUP BY s.study_id HAVING min(f.phase_index) <> 0 OR max(f.phase_index) <> count(*) - 1",
    "SELECT 'study ''' || s.study_name || ''' phase ' || f.phase_index,"
    " 'its checkpoint ' || f.checkpoint || ' is not in the store'"
    " FROM studies s JOIN parnas_phases f ON f.study_id = s.study_id"
    " WHERE f.kept AND f.checkpoint NOT IN (SELECT id FROM parnas_artifacts)",
    "SELECT 'study ''' || s.study_name || ''' phase ' || f.phase_index,"
    " 'it is said to come after ' || f.told || ' finished trials; the study has ' || t.ended"
    " FROM studies s JOIN parnas_phases f ON f.study_id = s.study_id JOIN"
    " (SELECT study_id, (SELECT count(*) FROM trials t WHERE t.study_id = each.study_id"
    "   AND t.state IN ('COMPLETE', 'PRUNED', 'FAIL')) AS ended FROM studies each) t"
    " ON t.study_id = s.study_id WHERE f.told < 0 OR f.told > t.ended",

    "SELECT 'study ''' || s.study_name || '''', 'its ' || count(*) || ' fronts end with version '"
    " || max(f.version) FROM studies s JOIN parnas_fronts f ON f.study_id = s.study_id"
    " GROUP BY s.study_id HAVING min(f.version) <> 1 OR max(f.version) <> count(*)",
    "SELECT 'parnas_events', 'the next event would be ' || (q.seq + 1) || ', and there is one with "
    "'"
    " || (SELECT max(seq) FROM parnas_events)"
    " FROM sqlite_sequence q WHERE q.name = 'parnas_events'"
    " AND q.seq < (SELECT max(seq) FROM parnas_events)",
};

#undef PARNAS_TRIAL_PLACE

// What each part of the check finds, and what it cannot read.
class Check {
  public:
    explicit Check(Database& database) : database_(database) {}

    std::vector<Fault> run() {
        part([&] { check_integrity(); });
        part([&] { check_references(); });
        for (const std::string_view rule : kRules)
            part([&] { check_rule(rule); });
        part([&] { check_artifacts(); });
        part([&] { check_answers(); });
        part([&] { sqlite::read_workers(database_, {}, INT64_MAX); }, "parnas_workers");
        part([&] { sqlite::read_tokens(database_, {}, INT64_MAX); }, "parnas_tokens");
        part([&] { sqlite::read_jobs(database_, {}, INT64_MAX, std::nullopt); }, "parnas_jobs");
        part([&] { sqlite::read_audit(database_, 0, INT64_MAX); }, "parnas_audit");
        std::vector<StudyRecord> studies;
        part([&] { studies = sqlite::read_studies(database_); });
        for (const StudyRecord& study : studies)
            check_study(study);
        return faults_.list();
    }

  private:
    template <typename Look>
    void part(const Look& look, const std::string& place = {}) {
        try {
            look();
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::damaged && error.kind() != ErrorKind::invalid_input)
                throw;
            for (const Fault& fault : error.faults())
                faults_.add(place.empty() ? fault.where : place, fault.message);
        }
    }

    void check_integrity() {
        Query query = database_.query("PRAGMA integrity_check");
        while (query.next())
            if (const std::string found = query.text(0); found != "ok")
                faults_.add(database_.path().string(), found);
    }

    void check_references() {
        Query query = database_.query("PRAGMA foreign_key_check");
        while (query.next())
            faults_.add(fmt::format("{} row {}", query.text(0), query.integer(1)),
                        fmt::format("it belongs to a row of {} that is not there", query.text(2)));
    }

    void check_rule(std::string_view rule) {
        Query query = database_.query(rule);
        while (query.next())
            faults_.add(query.text(0), query.text(1));
    }

    void check_artifacts() {
        Query query = database_.query("SELECT id, size, bytes FROM parnas_artifacts");
        while (query.next()) {
            const std::string bytes = query.text(2);
            const std::string place = "artifact " + query.text(0);
            if (query.integer(1) != static_cast<std::int64_t>(bytes.size()))
                faults_.add(
                    place,
                    fmt::format(
                        "its size is said to be {}, and is {}", query.integer(1), bytes.size()));
            if (to_string(hash_bytes(bytes)) != query.text(0))
                faults_.add(place, "its bytes have another digest: they have changed");
        }
    }

    void check_answers() {
        Query query = database_.query("SELECT scope, key FROM parnas_answers");
        while (query.next())
            part([&] { sqlite::read_answer(database_, query.text(0), query.text(1)); },
                 "answer " + query.text(1));
    }

    // Everything of it can be read, and its fronts have complete trials only.
    void check_study(const StudyRecord& study) {
        const std::string place = fmt::format("study '{}'", study.spec.name);
        std::set<TrialNumber> complete;
        part(
            [&] {
                for (const TrialRecord& trial :
                     sqlite::read_trials(database_, study.id, 0, INT64_MAX))
                    if (trial.state == TrialState::complete)
                        complete.insert(trial.number);
            },
            place);
        part([&] { sqlite::read_phases(database_, study.id); }, place);
        part([&] { sqlite::read_events(database_, study.id, 0); }, place);
        part([&] { sqlite::read_attributes(database_, study.id); }, place);
        part([&] { sqlite::read_all_attempts(database_, study.id); }, place);
        part(
            [&] {
                for (const FrontChange& front : sqlite::read_fronts(database_, study.id))
                    for (const TrialNumber member : front.members)
                        if (!complete.contains(member))
                            faults_.add(fmt::format("{} front {}", place, front.version),
                                        fmt::format("its trial {} is not a complete one", member));
            },
            place);
    }

    Database& database_;
    Faults faults_;
};

}  // namespace

std::vector<Fault> check_file(const std::filesystem::path& store) {
    sqlite::require_file(store);
    const sqlite::Readers readers(store, sqlite::Beside::unknown, kBusyTimeout);
    try {
        return readers([](Database& database) { return Check(database).run(); });
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::damaged)
            throw;
        return error.faults();
    }
}

}  // namespace parnas::store
