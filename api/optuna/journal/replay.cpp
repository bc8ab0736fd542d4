// SPDX-License-Identifier: Apache-2.0
#include "api/optuna/journal/replay.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "api/optuna/journal/iso_time.h"
#include "api/optuna/journal/operations.h"
#include "api/optuna/journal/raw_json.h"
#include "store/optuna_distribution.h"

namespace parnas::optuna {
namespace {

TimePoint time_of(std::string_view raw) {
    return from_iso(raw_text(raw));
}

store::Attributes attributes_of(std::string_view raw) {
    store::Attributes attributes;
    const RawObject object(raw);
    for (const auto& [key, value] : object.members())
        attributes.insert_or_assign(key, with_python_spaces(value));
    return attributes;
}

std::vector<double> values_of(const RawObject& line) {
    std::vector<double> values;
    if (const std::string_view* const all = line.find("values"))
        for (const std::string_view value : raw_elements(*all))
            values.push_back(raw_number(value));
    else if (const std::string_view* const one = line.find("value"))
        values.push_back(raw_number(*one));
    return values;
}

std::int64_t step_of(const std::string& key) {
    return raw_integer(key);
}

std::vector<store::ParamRecord> params_of(const RawObject& line) {
    std::vector<store::ParamRecord> params;
    const RawObject distributions(line.need("distributions"));
    const RawObject internals(line.need("params"));
    for (const auto& [name, internal] : internals.members())
        params.push_back({.name = name,
                          .internal = raw_number(internal),
                          .distribution = distributions.text(name)});
    return params;
}

// A trial as its first line has it. Without a state it is one that begins to run.
store::TrialRecord trial_of(const RawObject& line) {
    store::TrialRecord trial;
    if (const std::string_view* const started = line.find("datetime_start"))
        trial.started = time_of(*started);
    if (line.find("state") == nullptr)
        return trial;
    trial.state = state_from_code(line.integer("state"));
    trial.values = values_of(line);
    if (const std::string_view* const finished = line.find("datetime_complete"))
        trial.finished = time_of(*finished);
    trial.params = params_of(line);
    trial.user_attributes = attributes_of(line.need("user_attrs"));
    trial.system_attributes = attributes_of(line.need("system_attrs"));
    const RawObject reports(line.need("intermediate_values"));
    for (const auto& [step, value] : reports.members())
        trial.reports.insert_or_assign(step_of(step), raw_number(value));
    return trial;
}

class Replayer {
  public:
    // Whether the operation had an effect. Throws Error(invalid_input) for one that cannot be read.
    bool apply(const RawObject& line) {
        switch (operation_from_code(line.integer("op_code"))) {
            case Operation::create_study:
                return create_study(line);
            case Operation::delete_study:
                return delete_study(line);
            case Operation::set_study_user_attr:
                return set_study_attribute(line, "user_attr", &store::StudyAttributes::user);
            case Operation::set_study_system_attr:
                return set_study_attribute(line, "system_attr", &store::StudyAttributes::system);
            case Operation::create_trial:
                return create_trial(line);
            case Operation::set_trial_param:
                return set_param(line);
            case Operation::set_trial_state_values:
                return set_state(line);
            case Operation::set_trial_intermediate_value:
                return report(line);
            case Operation::set_trial_user_attr:
                return set_attribute(line, "user_attr", &store::TrialRecord::user_attributes);
            case Operation::set_trial_system_attr:
                return set_attribute(line, "system_attr", &store::TrialRecord::system_attributes);
            case Operation::discard_trials:
                break;  // a hint to those who save memory; Optuna keeps the trials
        }
        return true;
    }

    std::vector<JournalStudy> take() {
        std::vector<JournalStudy> kept;
        for (auto& [study, deleted, first_distributions] : studies_)
            if (!deleted)
                kept.push_back(std::move(study));
        return kept;
    }

  private:
    // Of a parameter in the earliest trial that has it, by which later ones are judged.
    struct FirstDistribution {
        std::int64_t trial = 0;
        std::string text;
    };
    struct Study {
        JournalStudy study;
        bool deleted = false;
        std::map<std::string, FirstDistribution, std::less<>> first_distributions;
    };
    struct Place {
        std::size_t study = 0;
        std::size_t number = 0;
    };

    Study* find_study(const RawObject& line) {
        const std::int64_t id = line.integer("study_id");
        if (id < 0 || id >= static_cast<std::int64_t>(studies_.size()))
            return nullptr;
        Study& study = studies_[static_cast<std::size_t>(id)];
        return study.deleted ? nullptr : &study;
    }

    // One that may still change, and its study.
    std::pair<store::TrialRecord*, Study*> find_trial(const RawObject& line) {
        const std::int64_t id = line.integer("trial_id");
        if (id < 0 || id >= static_cast<std::int64_t>(trials_.size()))
            return {};
        const Place place = trials_[static_cast<std::size_t>(id)];
        Study& study = studies_[place.study];
        store::TrialRecord& trial = study.study.trials[place.number];
        if (study.deleted || is_finished(trial.state))
            return {};
        return {&trial, &study};
    }

    bool create_study(const RawObject& line) {
        Study study;
        study.study.name = line.text("study_name");
        for (const std::string_view direction : raw_elements(line.need("directions")))
            study.study.directions.push_back(direction_from_code(raw_integer(direction)));
        const bool taken = std::ranges::any_of(studies_, [&](const Study& each) {
            return !each.deleted && each.study.name == study.study.name;
        });
        if (!taken)
            studies_.push_back(std::move(study));
        return !taken;
    }

    bool delete_study(const RawObject& line) {
        Study* const study = find_study(line);
        if (study != nullptr)
            study->deleted = true;
        return study != nullptr;
    }

    bool set_study_attribute(const RawObject& line,
                             std::string_view member,
                             store::Attributes store::StudyAttributes::*which) {
        const store::Attributes changes = attributes_of(line.need(member));
        Study* const study = find_study(line);
        if (study != nullptr)
            for (const auto& [key, value] : changes)
                (study->study.attributes.*which).insert_or_assign(key, value);
        return study != nullptr;
    }

    bool create_trial(const RawObject& line) {
        store::TrialRecord trial = trial_of(line);
        Study* const study = find_study(line);
        if (study == nullptr)
            return false;
        trial.id = static_cast<std::int64_t>(trials_.size());
        trial.number = static_cast<TrialNumber>(study->study.trials.size());
        for (const store::ParamRecord& param : trial.params)
            study->first_distributions.emplace(
                param.name, FirstDistribution{.trial = trial.id, .text = param.distribution});
        trials_.push_back({.study = static_cast<std::size_t>(study - studies_.data()),
                           .number = study->study.trials.size()});
        study->study.trials.push_back(std::move(trial));
        return true;
    }

    bool set_param(const RawObject& line) {
        store::ParamRecord param{.name = line.text("param_name"),
                                 .internal = line.number("param_value_internal"),
                                 .distribution = line.text("distribution")};
        const auto [trial, study] = find_trial(line);
        if (trial == nullptr)
            return false;
        const auto first = study->first_distributions.find(param.name);
        if (first != study->first_distributions.end() &&
            !store::compatible_distributions(first->second.text, param.distribution))
            return false;
        if (first == study->first_distributions.end() || trial->id < first->second.trial)
            study->first_distributions.insert_or_assign(
                param.name, FirstDistribution{.trial = trial->id, .text = param.distribution});
        const auto old = std::ranges::find(trial->params, param.name, &store::ParamRecord::name);
        if (old == trial->params.end())
            trial->params.push_back(std::move(param));
        else
            *old = std::move(param);
        return true;
    }

    bool set_state(const RawObject& line) {
        const TrialState state = state_from_code(line.integer("state"));
        const std::vector<double> values = values_of(line);
        const std::string_view* const time =
            line.find(is_finished(state) ? "datetime_complete" : "datetime_start");
        store::TrialRecord* const trial = find_trial(line).first;
        if (trial == nullptr ||
            (state == TrialState::running && trial->state == TrialState::running))
            return false;
        trial->state = state;
        if (time != nullptr)
            (is_finished(state) ? trial->finished : trial->started) = time_of(*time);
        if (!values.empty())
            trial->values = values;
        return true;
    }

    bool report(const RawObject& line) {
        const std::int64_t step = line.integer("step");
        const double value = line.number("intermediate_value");
        store::TrialRecord* const trial = find_trial(line).first;
        if (trial != nullptr)
            trial->reports.insert_or_assign(step, value);
        return trial != nullptr;
    }

    bool set_attribute(const RawObject& line,
                       std::string_view member,
                       store::Attributes store::TrialRecord::*which) {
        const store::Attributes changes = attributes_of(line.need(member));
        store::TrialRecord* const trial = find_trial(line).first;
        if (trial != nullptr)
            for (const auto& [key, value] : changes)
                (trial->*which).insert_or_assign(key, value);
        return trial != nullptr;
    }

    std::vector<Study> studies_;  // by the journal's id
    std::vector<Place> trials_;   // by the journal's id
};

}  // namespace

Journal replay_journal(std::istream& file, const std::string& source) {
    Journal journal;
    Replayer replayer;
    std::string line;
    for (std::int64_t number = 1; std::getline(file, line); ++number) {
        const auto place = [&] { return fmt::format("{}:{}", source, number); };
        // Whoever reads one fault on its last line need not know whether its write goes on.
        const bool whole = !file.eof();
        if (!whole) {
            journal.cut_off = Fault{place(), "it has no end: its write was cut off"};
            break;
        }
        try {
            const bool done = replayer.apply(RawObject(line));
            ++journal.operations;
            journal.passed_over += done ? 0 : 1;
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::invalid_input && file.peek() == EOF) {
                journal.cut_off = Fault{place(), error.what()};
                break;
            }
            throw Error(ErrorKind::damaged, error.what(), place());
        }
    }
    journal.studies = replayer.take();
    return journal;
}

}  // namespace parnas::optuna
