// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/error.h"
#include "store/store.h"

namespace parnas::store {

// Optuna's trial_id: unique in the store, ascending, never given again.
enum class TrialId : std::int64_t {};

// A study as Optuna knows it.
struct OptunaStudy {
    StudyId id{};
    std::string name;
    std::vector<Direction> directions;  // one per objective, in order
    StudyAttributes attributes;
};

// A trial as Optuna knows it. Attributes and distributions are JSON texts, kept verbatim.
struct OptunaTrial {
    TrialId id{};
    StudyId study{};
    TrialNumber number = 0;
    TrialState state = TrialState::running;
    std::vector<double> values;              // one per objective, or none; never NaN
    std::vector<ParamRecord> params;         // in the order in which they were set first
    std::map<std::int64_t, double> reports;  // intermediate values by step, NaN included
    Attributes user_attributes;
    Attributes system_attributes;
    std::optional<TimePoint> started;
    std::optional<TimePoint> finished;
};

// Shared with other readers: it never changes.
using SharedTrial = std::shared_ptr<const OptunaTrial>;

// What an Optuna client changes. All but the first are of trials, which must be unfinished.
struct StudyAttributeSet {
    StudyId study{};
    AttributeKind kind = AttributeKind::user;
    std::string key;    // 1 to 512 characters
    std::string value;  // JSON text of at most 1 MiB, with Python's NaN and Infinity
};

struct TrialAttributeSet {
    TrialId trial{};
    AttributeKind kind = AttributeKind::user;
    std::string key;
    std::string value;
};

// The last value for a name holds; its place among the parameters is the first one's.
struct ParamSet {
    TrialId trial{};
    ParamRecord param;
};

// An intermediate value; the last one for a step holds.
struct ReportSet {
    TrialId trial{};
    std::int64_t step = 0;
    double value = 0.0;  // NaN and infinities are stored as such
};

// To RUNNING sets the trial's start, to a finished state its end.
struct StateSet {
    TrialId trial{};
    TrialState state = TrialState::running;
    std::vector<double> values;  // none: those that there are stay
};

using OptunaChange =
    std::variant<StudyAttributeSet, TrialAttributeSet, ParamSet, ReportSet, StateSet>;

// Conflict: a finished trial never changes (Optuna's clients keep the copy that they have).
class FinishedTrialError : public Error {
  public:
    using Error::Error;
};

// Invalid input: another kind of parameter, scale or list of choices than the study's first
// trial with a parameter of that name has.
class IncompatibleDistributionError : public Error {
  public:
    using Error::Error;
};

// Which trials of a study: those with an id greater than `after`, and those in `included`.
struct TrialCursor {
    TrialId after{-1};
    std::vector<TrialId> included;  // in any order; those that the study does not have are ignored
};

// The storage contract of Optuna's clients (BaseStorage), over the same studies.
//
// Thread-safe. What returned is there after a kill and a loss of power, and whoever asks later
// sees it; ids become visible in ascending order. Throws as Store does, and:
//   not_found                      no such study, name, trial or number
//   FinishedTrialError             for each change of a finished trial
//   IncompatibleDistributionError  for a parameter
//   invalid_input                  for what a comment below forbids: NaN as an objective value, ...
//   conflict                       for a name that is taken (create_study), and for changes of a
//                                  study that a parnas driver drives, attributes apart: what it
//                                  does not know of would be lost or decided twice
// In this order, where several hold: a finished trial wins over an incompatible distribution.
class OptunaStore {
  public:
    virtual ~OptunaStore() = default;

    // `name`: 1 to 512 characters. `directions`: at least one. The id is not given again, even
    // after the study was deleted.
    virtual StudyId create_study(std::string_view name, std::span<const Direction> directions) = 0;
    // With all its trials.
    virtual void delete_study(StudyId id) = 0;

    // Its number is how many trials the study had. RUNNING from now on, or as `like` says, whose
    // id, study and number do not matter.
    virtual TrialId create_trial(StudyId id, const std::optional<OptunaTrial>& like = {}) = 0;

    // All or nothing, in order. False, and nothing was changed: a trial that was to become
    // RUNNING is so already, somebody else has it. Of several that try it at once, one gets it.
    virtual bool apply(std::span<const OptunaChange> changes) = 0;

    // By id.
    virtual std::vector<OptunaStudy> studies() const = 0;
    virtual OptunaStudy study(StudyId id) const = 0;
    virtual StudyId find_study(std::string_view name) const = 0;

    // By id, which is the order of numbers as well. Costs what it returns, not what the study has.
    virtual std::vector<SharedTrial> trials(StudyId id, const TrialCursor& cursor = {}) const = 0;
    virtual SharedTrial trial(TrialId id) const = 0;
    virtual TrialId find_trial(StudyId id, TrialNumber number) const = 0;
    // Trials that are RUNNING in studies that no driver has, parnas' own unfinished ones apart.
    virtual std::vector<TrialId> running_trials() const = 0;
};

// A store that can be asked as one of Optuna's.
class HasOptunaStore {
  public:
    virtual ~HasOptunaStore() = default;
    virtual OptunaStore& optuna() = 0;
};

// The same store, as Optuna's clients see it; lives as long as `store`. Stores in SQLite files
// can do it; throws Error(invalid_input) for another one.
OptunaStore& optuna_store(Store& store);

}  // namespace parnas::store
