// SPDX-License-Identifier: Apache-2.0
#include "search/warm_start.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "core/json.h"
#include "search/observed_front.h"
#include "search/pareto.h"
#include "search/reestimates.h"
#include "search/trial_codec.h"

namespace parnas::search {
namespace {

constexpr std::int64_t kMaxCount = 10'000;
constexpr std::array<const char*, 3> kWords{"front", "best", "all"};

std::vector<std::string> read_studies(ObjectReader& reader) {
    const Json* json = reader.need("study");
    if (json == nullptr)
        return {};
    const bool texts =
        json->is_array() && !json->empty() &&
        std::ranges::all_of(*json, [](const Json& each) { return each.is_string(); });
    if (texts)
        return json->get<std::vector<std::string>>();
    if (json->is_string())
        return {json->get<std::string>()};
    reader.fault("study", "expected the name of a study or a list of names");
    return {};
}

store::StudyRecord find_study(const store::Store& store, const std::string& name) {
    try {
        return store.find_study(name);
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::not_found)
            throw;
        std::vector<std::string> names;
        for (const store::StudyRecord& study : store.studies())
            names.push_back(study.spec.name);
        throw Error(ErrorKind::invalid_input,
                    fmt::format("the store has no study '{}'{}", name, did_you_mean(name, names)),
                    "/warm_start/study");
    }
}

// Other programs' files may say otherwise of a complete trial.
bool has_values(const store::StudySpec& study, const store::TrialRecord& trial) {
    return trial.values.size() == study.directions.size() &&
           std::ranges::none_of(trial.values, [](double value) { return std::isnan(value); });
}

// All to be minimised.
Point point_of(const store::StudySpec& study, const store::TrialRecord& trial) {
    Point point = trial.values;
    for (std::size_t i = 0; i < point.size(); ++i)
        if (study.directions[i] == Direction::maximize)
            point[i] = -point[i];
    return point;
}

// What the store says; a study of another program has only its trials.
std::vector<TrialNumber> front_of(const store::Store& store,
                                  const store::StudyRecord& study,
                                  const std::vector<store::TrialRecord>& complete) {
    std::vector<TrialNumber> front = store.front(study.id);
    if (!front.empty())
        return front;
    return observed_front(study.spec, complete);
}

std::vector<store::TrialRecord> chosen_trials(const store::Store& store,
                                              const store::StudyRecord& study,
                                              WarmTrials which) {
    std::vector<store::TrialRecord> trials = current_trials(store, study.id);
    std::erase_if(trials, [&](const store::TrialRecord& trial) {
        return trial.state != TrialState::complete || trial.fidelity < 1.0 ||
               !has_values(study.spec, trial);
    });
    if (which == WarmTrials::all)
        return trials;
    if (which == WarmTrials::front) {
        const std::vector<TrialNumber> front = front_of(store, study, trials);
        std::erase_if(trials, [&](const store::TrialRecord& trial) {
            return std::ranges::find(front, trial.number) == front.end();
        });
    }
    std::ranges::stable_sort(trials, {}, [&](const store::TrialRecord& trial) {
        return point_of(study.spec, trial).front();
    });
    return trials;
}

// Nullopt: nothing of the trial fits, or no point of the space has its values together.
std::optional<InitialPoint> point_from(const store::StudySpec& study,
                                       const store::TrialRecord& trial,
                                       const spaces::SearchSpace& space) {
    InitialPoint point{
        .reason = fmt::format("warm start: study '{}' trial {}", study.name, trial.number)};
    for (const spaces::Param& param : space.params())
        if (auto value = value_of(param, trial))
            point.values[param.name] = *std::move(value);
    if (point.values.empty())
        return std::nullopt;
    try {
        Rng rng(0);
        const Genotype genotype = complete(space, point.values, rng);
        const std::vector<bool> active = spaces::active(space.params(), genotype);
        std::vector<std::string_view> drawn;
        for (std::size_t i = 0; i < active.size(); ++i)
            if (active[i] && !point.values.contains(space.params()[i].name))
                drawn.push_back(space.params()[i].name);
        if (!drawn.empty())
            point.reason += fmt::format(", drawn: {}", fmt::join(drawn, ", "));
        return point;
    } catch (const Error&) {
        return std::nullopt;
    }
}

// Nullopt: an active parameter has no value here, or no point of the space has them together.
std::optional<Assignment> point_of_space(const store::TrialRecord& trial,
                                         const spaces::SearchSpace& space) {
    const auto genotype = genotype_by_values(space.params(), trial);
    if (!genotype || !space.feasible(*genotype))
        return std::nullopt;
    return spaces::to_assignment(space.params(), *genotype);
}

std::optional<KnownResult> result_of(const store::StudySpec& study,
                                     const store::TrialRecord& trial,
                                     const spaces::SearchSpace& space,
                                     const std::vector<Objective>& objectives) {
    Metrics metrics = trial.metrics;
    for (std::size_t i = 0; i < std::min(study.metrics.size(), trial.values.size()); ++i)
        metrics[study.metrics[i]] = trial.values[i];
    auto values = point_of_space(trial, space);
    if (!values || std::holds_alternative<Failure>(objective_values(objectives, metrics)))
        return std::nullopt;
    return KnownResult{.values = *std::move(values), .metrics = std::move(metrics)};
}

}  // namespace

std::optional<WarmStart> read_warm_start(ObjectReader& job) {
    const Json* json = job.find("warm_start");
    if (json == nullptr)
        return std::nullopt;
    ObjectReader reader(*json, job.pointer("warm_start"), job.faults());
    WarmStart warm_start{.studies = read_studies(reader)};
    warm_start.trials = static_cast<WarmTrials>(
        reader.word("trials", {kWords[0], kWords[1], kWords[2]}, kWords[0]));
    warm_start.count = reader.integer("count", warm_start.count, {.low = 1, .high = kMaxCount});
    warm_start.tell = reader.integer("tell", warm_start.tell, {.low = 0, .high = kMaxCount});
    reader.finish();
    return warm_start;
}

Json warm_start_json(const WarmStart& warm_start) {
    return {{"study", warm_start.studies},
            {"trials", kWords[static_cast<std::size_t>(warm_start.trials)]},
            {"count", warm_start.count},
            {"tell", warm_start.tell}};
}

std::vector<InitialPoint> points_of(const WarmStart& warm_start,
                                    const spaces::SearchSpace& space,
                                    const store::Store& store) {
    std::vector<std::vector<InitialPoint>> by_study;
    std::size_t most = 0;
    for (const std::string& name : warm_start.studies) {
        const store::StudyRecord study = find_study(store, name);
        auto& points = by_study.emplace_back();
        for (const store::TrialRecord& trial : chosen_trials(store, study, warm_start.trials))
            if (auto point = point_from(study.spec, trial, space))
                points.push_back(*std::move(point));
        most = std::max(most, points.size());
    }
    std::vector<InitialPoint> chosen;
    for (std::size_t rank = 0; rank < most; ++rank)
        for (auto& points : by_study) {
            if (rank >= points.size() || std::ssize(chosen) >= warm_start.count)
                continue;
            if (std::ranges::find(chosen, points[rank].values, &InitialPoint::values) ==
                chosen.end())
                chosen.push_back(std::move(points[rank]));
        }
    if (chosen.empty())
        throw Error(ErrorKind::invalid_input,
                    fmt::format("no complete trial of {} fits this space",
                                fmt::join(warm_start.studies, ", ")),
                    "/warm_start");
    return chosen;
}

KnownOfOthers known_of(const WarmStart& warm_start,
                       std::span<const InitialPoint> points,
                       const spaces::SearchSpace& space,
                       const std::vector<Objective>& objectives,
                       const store::Store& store) {
    KnownOfOthers known;
    if (warm_start.tell == 0)
        return known;
    std::vector<KnownResult> all;
    for (const std::string& name : warm_start.studies) {
        const store::StudyRecord study = find_study(store, name);
        for (const store::TrialRecord& trial : chosen_trials(store, study, WarmTrials::all)) {
            auto result = result_of(study.spec, trial, space, objectives);
            if (!result)
                ++known.left_out;
            else if (std::ranges::find(points, result->values, &InitialPoint::values) ==
                     points.end())
                all.push_back(*std::move(result));
        }
    }
    const std::size_t count = std::min(all.size(), static_cast<std::size_t>(warm_start.tell));
    for (std::size_t i = 0; i < count; ++i)
        known.results.push_back(std::move(all[i * all.size() / count]));
    return known;
}

}  // namespace parnas::search
