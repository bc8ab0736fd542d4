// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/trial.h"
#include "store/answer.h"
#include "store/attempt.h"
#include "store/service_records.h"

namespace parnas::store {

// What a study is, apart from its trials. Never changes after it was created, except for
// its state and attributes, and for the job by ServiceStore::change_job().
struct StudySpec {
    std::string name;                  // unique in the store, at most 512 characters
    std::vector<std::string> metrics;  // one per objective, in order
    std::vector<Direction> directions;
    std::string job;  // the job document as JSON text: what `resume` reads
};

enum class StudyState { running, stopped, complete, failed };
std::string_view to_string(StudyState state);
using parnas::to_string;  // times have no namespace of ours to be found by

struct StudyRecord {
    StudyId id{};
    StudySpec spec;
    StudyState state = StudyState::running;
    std::string state_reason;  // why it ended: "budget: 60 trials", an error, ...
    std::int64_t trials = 0;
    std::int64_t phases = 0;
    TimePoint created;
};

// Who drives a study. Dead holders of the same host lose it at once, others when their
// time is over.
struct Holder {
    std::string host;
    std::int64_t pid = 0;
    std::int64_t process_start = 0;  // ticks after boot: a pid is used again, this is not
};
Holder this_process();

// The right to write a study's trials, from acquire_study(). Every batch shows it; a
// holder that lost it gets Error(conflict) and can change nothing any more.
struct Driver {
    StudyId study{};
    std::int64_t epoch = 0;
};

// A parameter as Optuna stores it.
struct ParamRecord {
    std::string name;
    double internal = 0.0;     // a categorical's index, otherwise the number
    std::string distribution;  // Optuna's JSON text

    bool operator==(const ParamRecord&) const = default;
};

// JSON texts by key.
using Attributes = std::map<std::string, std::string, std::less<>>;

struct StudyAttributes {
    Attributes user;
    Attributes system;

    bool operator==(const StudyAttributes&) const = default;
};

enum class AttributeKind { user, system };

// An attribute of a study or of one of its trials is set or replaced.
struct AttributeChange {
    std::optional<TrialNumber> trial;  // none: of the study itself
    AttributeKind kind = AttributeKind::user;
    std::string key;    // 1 to 512 characters
    std::string value;  // JSON text of at most 1 MiB, with Python's NaN and Infinity; kept verbatim
    // Of a study's attribute, the value that it must have now; empty: none. For those who
    // read, change and write while others may do the same.
    std::optional<std::string> expected;
};

// A trial that begins: RUNNING, with its lease.
struct TrialStart {
    TrialNumber number = 0;
    std::vector<ParamRecord> params;  // active ones, in the order of the space
    std::string genotype;             // JSON array of internal values, all parameters
    Stage stage = Stage::search;
    double fidelity = 1.0;
    std::uint64_t seed = 0;
    std::int64_t attempt = 1;
    std::optional<ArtifactId> warm_start;
    Attributes user_attributes;
    Attributes system_attributes;
    TimePoint started;
};

// An unfinished trial that a later attempt takes over, from the start: what an earlier one
// reported is forgotten, and its lease is superseded.
struct TrialRetry {
    TrialNumber number = 0;
    std::int64_t attempt = 1;
    TimePoint started;
};

struct TrialReport {
    TrialNumber number = 0;
    std::int64_t step = 0;
    double value = 0.0;  // NaN and infinities are stored as such
};

// A trial that ends. A trial can start and finish in one batch. A lease that is still open
// then is superseded.
struct TrialFinish {
    TrialNumber number = 0;
    TrialState state = TrialState::complete;  // complete, pruned or fail
    std::vector<double> values;               // one per objective if complete; never NaN
    Metrics metrics;                          // everything measured or predicted
    std::optional<Failure> failure;           // iff state is fail
    Seconds cost{0};
    std::optional<Digest> reuse_key;
    std::optional<TrialNumber> reused_from;  // the trial whose result this is
    std::optional<Digest> architecture;      // canonical hash; none for pure HPO
    std::optional<ArtifactId> weights;
    Attributes user_attributes;
    Attributes system_attributes;
    TimePoint finished;
};

// A phase that was done: shared work without a candidate of its own, such as an epoch of a
// supernet's training.
struct PhaseRecord {
    std::int64_t index = 0;  // in its study, dense from 0
    std::string name;
    std::string settings;                  // JSON text
    std::optional<ArtifactId> warm_start;  // the checkpoint that it went on from
    std::int64_t told = 0;  // trials that the strategy had been told when it asked for the phase
    Metrics metrics;
    std::string attachment;  // JSON text, or empty
    Seconds cost{0};
    std::optional<ArtifactId> checkpoint;  // stays when it is dropped
    bool kept = false;                     // the checkpoint, if there is one, is in the store
    TimePoint started;
    TimePoint finished;
};

// Appended, never changed; `seq` is given by the store, ascending without reuse.
struct Event {
    std::int64_t seq = 0;
    TimePoint time;
    std::string kind;  // "trial_finished", "front_changed", ...
    std::string body;  // JSON text
};

struct Artifact {
    ArtifactId id;     // digest of bytes
    std::string kind;  // "weights"
    std::string bytes;
};

// All or nothing. Within a batch, ends of attempts come first, then starts, retries, reports
// and finishes.
struct Batch {
    Driver driver;
    // Error(conflict) for an attempt that is over. One that was never granted is passed over:
    // workers of the driver's own process need no lease.
    std::vector<AttemptEnd> attempt_ends;
    std::vector<TrialStart> starts;
    std::vector<TrialRetry> retries;
    std::vector<TrialReport> reports;
    std::vector<TrialFinish> finishes;
    std::vector<PhaseRecord> phases;
    std::optional<std::vector<TrialNumber>> front;  // the whole front, if it changed
    std::optional<double> hypervolume;              // of that front
    std::vector<Artifact> artifacts;                // already stored ones are kept once
    // Trials that lose their weights, and phases whose checkpoint is not kept any longer. The
    // bytes go with the last that has them, of any study: a trial as its weights or warm start,
    // or a phase that keeps them.
    std::vector<TrialNumber> dropped_weights;
    std::vector<std::int64_t> dropped_checkpoints;  // indices of phases
    std::vector<AttributeChange> attributes;        // of the study, and of unfinished trials
    std::vector<Event> events;
    // Where a scope has an answer for a key already, that one stays.
    std::vector<Answer> answers;
    std::vector<JobRecord> jobs;  // of the study; put as they are, whatever their revision
    std::optional<StudyState> state;
    std::string state_reason;

    bool empty() const;
};

// A trial as it was written; unfinished ones have no values.
struct TrialRecord {
    std::int64_t id = 0;  // unique in the store, ascending; Optuna's trial_id
    TrialNumber number = 0;
    TrialState state = TrialState::running;
    std::vector<ParamRecord> params;
    std::string genotype;  // empty: another program wrote this trial
    Stage stage = Stage::search;
    double fidelity = 1.0;
    std::uint64_t seed = 0;
    std::int64_t attempt = 1;
    std::optional<ArtifactId> warm_start;
    std::vector<double> values;
    Metrics metrics;
    std::optional<Failure> failure;
    Seconds cost{0};
    std::optional<Digest> reuse_key;
    std::optional<TrialNumber> reused_from;
    std::optional<Digest> architecture;
    std::optional<ArtifactId> weights;
    std::map<std::int64_t, double> reports;  // by step
    Attributes user_attributes;
    Attributes system_attributes;
    std::optional<TimePoint> started;
    std::optional<TimePoint> finished;
};

struct FrontChange {
    std::int64_t version = 0;  // from 1
    TimePoint time;
    std::vector<TrialNumber> members;  // ascending
    std::optional<double> hypervolume;
};

// What happened: every study and trial, in Optuna's relational schema with parnas_* tables
// beside it (docs/store-schema.md).
//
// Thread-safe; values in and out, never views. A commit() that returned is there after a
// kill of the process and a loss of power. Throws Error: not_found for unknown studies and
// artifacts, conflict for a taken name, a lost driver or a change of a finished trial,
// unavailable for a full disk or a locked file (nothing was changed; try again), damaged
// for a file that is not a sound store. Where disk or file are to blame it is a StorageError.
class Store {
  public:
    virtual ~Store() = default;

    // A study that begins with what `first` holds, its driver apart: all of it or nothing.
    // Weights that the store does not have are left out, and checkpoints count as dropped.
    virtual StudyId create_study(const StudySpec& spec, const Batch& first = {}) = 0;
    // Gives a study that another program made the spec's job, so that it can be searched here.
    // Error(conflict) if it has a job, or has not the spec's name, directions and metrics;
    // metrics that were never named may get names.
    virtual void adopt_study(StudyId id, const StudySpec& spec) = 0;
    virtual std::vector<StudyRecord> studies() const = 0;
    virtual StudyRecord study(StudyId id) const = 0;
    virtual StudyRecord find_study(std::string_view name) const = 0;

    // Makes `holder` the driver of the study until `ttl` after its last commit or renewal.
    // Error(conflict) while another living holder has it, which the message names.
    virtual Driver acquire_study(StudyId id, const Holder& holder, Seconds ttl) = 0;
    virtual void renew(const Driver& driver) = 0;
    // A driver that was lost already is no error.
    virtual void release(const Driver& driver) = 0;
    // Who drives the study now. Nullopt: nobody, or a holder whose time is over or that is
    // known to have ended.
    virtual std::optional<Holder> holder(StudyId id) const = 0;

    virtual void commit(const Batch& batch) = 0;

    // All or nothing, and by anyone: it takes no driver. Error(conflict) for an attribute of a
    // finished trial, which never changes (Optuna's clients keep the copy that they have), and
    // for one that is not as expected.
    virtual void set_attributes(StudyId id, std::span<const AttributeChange> changes) = 0;
    // The study's own; a trial's are in its record.
    virtual StudyAttributes attributes(StudyId id) const = 0;

    // By number, from `first`; at most `limit`.
    virtual std::vector<TrialRecord> trials(StudyId id,
                                            TrialNumber first = 0,
                                            std::int64_t limit = INT64_MAX) const = 0;
    virtual TrialRecord trial(StudyId id, TrialNumber number) const = 0;
    // By index.
    virtual std::vector<PhaseRecord> phases(StudyId id) const = 0;
    // The front's versions, oldest first.
    virtual std::vector<FrontChange> front_history(StudyId id) const = 0;
    // Empty if there is none yet.
    virtual std::vector<TrialNumber> front(StudyId id) const = 0;
    // The finished trial with this key that was written first, in any study: a complete one, or
    // a pruned one below fidelity 1.
    virtual std::optional<TrialRecord> find_result(const Digest& reuse_key) const = 0;
    virtual std::vector<Event> events(StudyId id, std::int64_t after_seq = 0) const = 0;
    virtual std::string artifact(const ArtifactId& id) const = 0;
};

// Keeps everything in this process; for tests, benchmarks and throw-away searches.
std::unique_ptr<Store> make_memory_store();

}  // namespace parnas::store
