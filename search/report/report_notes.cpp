// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "search/audit/audit.h"
#include "search/measuring_tally.h"
#include "search/report/report_parts.h"
#include "search/target_metrics.h"
#include "search/trial_codec.h"

namespace parnas::search {
namespace {

constexpr std::array<std::string_view, 4> kCounted{"parameters",
                                                   "multiply_adds",
                                                   "weight_bytes",
                                                   "peak_memory_bytes"};

template <typename Predicate>
std::ptrdiff_t count(const Report& report, const Predicate& predicate) {
    return std::ranges::count_if(report.trials, predicate);
}

bool has_metric(const Report& report, std::string_view metric) {
    return std::ranges::any_of(report.trials,
                               [&](const auto& trial) { return trial.metrics.contains(metric); });
}

template <std::size_t N>
std::string listed(const Report& report, const std::array<std::string_view, N>& metrics) {
    std::vector<std::string_view> found;
    for (const std::string_view metric : metrics)
        if (has_metric(report, metric))
            found.push_back(metric);
    return fmt::format("{}", fmt::join(found, ", "));
}

std::string word(const std::string& part, const char* key) {
    return parse_json(part, "job").value(key, "");
}

void note_sources(const Report& report, std::vector<std::string>& notes) {
    const std::string evaluator = word(report.job->evaluator, "type");
    if (evaluator == "synthetic")
        notes.push_back(
            "The evaluator is a synthetic test function: nothing was trained, and the values "
            "say nothing about real networks.");
    else
        notes.push_back(
            fmt::format("Quality was judged by the evaluator '{}' of the job below.", evaluator));
    if (const std::string counted = listed(report, kCounted); !counted.empty())
        notes.push_back(
            fmt::format("Counted from the network, not measured: {}. A target may tell the peak "
                        "memory in its own data type.",
                        counted));
    const std::string of_target = listed(report, kTargetMetrics);
    if (of_target.empty())
        return;
    const std::string model = report.job->target ? word(*report.job->target, "model") : "";
    if (model == "measured")
        notes.push_back(fmt::format("Measured on the machine that ran the search: {}.", of_target));
    else if (!model.empty())
        notes.push_back(fmt::format("Predicted by the hardware model '{}', {}: {}.",
                                    model,
                                    measuring_tally(report.trials).measured > 0
                                        ? "or measured on the device"
                                        : "not measured on the device",
                                    of_target));
}

void note_measurements(const Report& report, std::vector<std::string>& notes) {
    const MeasuringTally tally = measuring_tally(report.trials);
    if (tally.empty())
        return;
    std::string text = fmt::format(
        "The latencies of {} trials were measured, since their predictions were too uncertain or "
        "they are finalists; the figures of the front are by the model that learnt from that.",
        tally.measured);
    if (tally.refused > 0)
        text += fmt::format(" {} more were refused by a busy machine, and stay predictions.",
                            tally.refused);
    notes.push_back(std::move(text));
    for (const BrokenAsMeasured& each : tally.broken)
        if (each.stage == Stage::finalist)
            notes.push_back(fmt::format(
                "Trial {}, a finalist, broke a limit as it was measured, and was not trained: {}.",
                each.trial,
                each.reason));
}

void note_choice(const Report& report, std::vector<std::string>& notes) {
    const auto finalists =
        count(report, [](const auto& trial) { return trial.stage == Stage::finalist; });
    if (finalists == 0)
        notes.emplace_back(
            "The best of many trials was picked by the same values that are shown, so its values "
            "are optimistic. No finalist was trained, so no test data was seen.");
    else if (has_metric(report, "test_accuracy"))
        notes.emplace_back(
            "Finalists were trained from scratch with the full schedule. Their test metrics come "
            "from data that the search never saw; all other values helped to choose.");
    else
        notes.emplace_back(
            "Finalists were evaluated anew with the full schedule. Nothing was measured on test "
            "data.");
}

void note_audit(const Report& report, std::vector<std::string>& notes) {
    const std::optional<Audit> audit = audit_of(report.attributes);
    if (!audit)
        return;
    notes.emplace_back(
        "The audit's networks are a random sample within the limits: its tau tells how the "
        "ranking does over the space, less so among the best. The interval is the middle 95 % of "
        "tau over samples of these networks with replacement.");
    if (!audit->contenders.empty())
        notes.emplace_back(
            "The cost of the audited study is that of its phases, search trials and finalists; "
            "the audit is not part of it. The searches beside it trained each network as long "
            "as a finalist, and the hypervolumes have one reference.");
}

void note_trials(const Report& report, std::vector<std::string>& notes) {
    if (const auto low = count(report, [](const auto& trial) { return trial.fidelity < 1.0; }))
        notes.push_back(
            fmt::format("{} of the trials had less than the full training budget (fidelity below "
                        "1). They are not on the front.",
                        low));
    if (const auto reused =
            count(report, [](const auto& trial) { return trial.reused_from.has_value(); }))
        notes.push_back(fmt::format(
            "{} of the trials took the result of an earlier trial instead of an evaluation.",
            reused));
    if (const auto pruned = count(report, [](const auto& trial) {
            return trial.state == TrialState::pruned && !has_result(trial);
        }))
        notes.push_back(
            fmt::format("{} of the trials were stopped early, since they looked worse than others "
                        "at the same step: what they would have reached is not known.",
                        pruned));
    if (const auto open =
            count(report, [](const auto& trial) { return !is_finished(trial.state); }))
        notes.push_back(fmt::format("{} of the trials had not ended when this was written.", open));
}

void note_hypervolume(const Report& report, std::vector<std::string>& notes) {
    if (report.study.spec.metrics.size() < 2)
        return;
    const bool kept = std::ranges::any_of(
        report.fronts, [](const auto& front) { return front.hypervolume.has_value(); });
    if (!kept)
        notes.emplace_back(
            "The job names no reference for the hypervolume: where one is drawn, it is relative to "
            "the worst values of all complete trials, and compares within this report only.");
}

}  // namespace

std::vector<std::string> report_notes(const Report& report) {
    std::vector<std::string> notes;
    if (report.job)
        note_sources(report, notes);
    else
        notes.emplace_back("Another program made this study: its space and job are not known.");
    if (report.study.state == store::StudyState::running)
        notes.emplace_back("The study had not ended when this was written.");
    if (!report.trials.empty())
        note_choice(report, notes);
    note_audit(report, notes);
    note_measurements(report, notes);
    note_trials(report, notes);
    note_hypervolume(report, notes);
    notes.emplace_back(
        "The store keeps no facts about the machine: the target, the workers and the threads "
        "are those of the job.");
    return notes;
}

}  // namespace parnas::search
