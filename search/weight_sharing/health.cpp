// SPDX-License-Identifier: Apache-2.0
#include "search/weight_sharing/health.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <fmt/format.h>

#include "core/rank_correlation.h"

namespace parnas::search {
namespace {

using Kind = spaces::Strength::Kind;

// In units of that of equal weights; 1 for a single one.
double entropy_of(std::vector<double> weights) {
    if (weights.size() < 2)
        return 1.0;
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    double entropy = 0.0;
    for (const double weight : weights)
        if (weight > 0.0)
            entropy -= weight / sum * std::log(weight / sum);
    return entropy / std::log(static_cast<double>(weights.size()));
}

double mean_entropy(const Architecture& architecture, OptionWeights weights) {
    double sum = 0.0;
    int count = 0;
    for (const StrengthValues& each : architecture.strengths)
        if (each.strength.kind == Kind::options) {
            sum += entropy_of(expected_weights(each, weights));
            ++count;
        }
    return count > 0 ? sum / count : 1.0;
}

std::optional<double> mean_tau(const Architecture& before, const Architecture& after) {
    double sum = 0.0;
    int count = 0;
    for (std::size_t i = 0; i < after.strengths.size(); ++i)
        if (after.strengths[i].strength.kind == Kind::options)
            if (const auto tau =
                    kendall_tau(before.strengths[i].values, after.strengths[i].values)) {
                sum += *tau;
                ++count;
            }
    return count > 0 ? std::optional(sum / count) : std::nullopt;
}

std::optional<double> find(const Metrics& metrics, std::string_view name) {
    const auto found = metrics.find(name);
    return found != metrics.end() ? std::optional(found->second) : std::nullopt;
}

double mean_of(std::span<const double> values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// The epoch before the eigenvalue began to rise; windows are named by their middle.
std::optional<Collapse> sharpened(std::span<const HealthRecord> records, const HealthRules& rules) {
    std::vector<double> eigenvalues;
    std::vector<std::size_t> epochs;
    for (std::size_t i = 0; i < records.size(); ++i)
        if (records[i].eigenvalue) {
            eigenvalues.push_back(*records[i].eigenvalue);
            epochs.push_back(i);
        }
    const bool is_new = !epochs.empty() && epochs.back() + 1 == records.size();
    if (!is_new || eigenvalues.size() < rules.window + rules.delta)
        return std::nullopt;
    const std::span<const double> all(eigenvalues);
    const std::size_t begin = eigenvalues.size() - rules.window;
    const std::size_t begin_before = begin - rules.delta;
    const std::size_t healthy = epochs[begin_before + rules.window / 2];
    const double now = mean_of(all.subspan(begin, rules.window));
    const double before = mean_of(all.subspan(begin_before, rules.window));
    if (healthy < rules.from || before <= 0.0 || now <= rules.ratio * before)
        return std::nullopt;
    return Collapse{
        .epoch = records.size() - 1,
        .last_healthy = healthy,
        .reason = fmt::format("the dominant eigenvalue of the validation loss's Hessian rose from "
                              "{:.3g} to {:.3g}, by more than {}",
                              before,
                              now,
                              rules.ratio)};
}

std::optional<std::string> degenerate(const HealthRecord& record, const HealthRules& rules) {
    if (record.has_all_skips)
        return "a cell has nothing but skip connections";
    if (record.most_skips > rules.max_skips)
        return fmt::format(
            "a cell has {} skip connections, more than {}", record.most_skips, rules.max_skips);
    if (record.none_share > rules.max_none)
        return fmt::format("{:.0f} % of the choices are none, more than {:.0f} %",
                           100.0 * record.none_share,
                           100.0 * rules.max_none);
    return std::nullopt;
}

std::optional<Collapse> degenerated(std::span<const HealthRecord> records,
                                    const HealthRules& rules,
                                    More more) {
    std::size_t healthy = records.size();  // how many come before the last streak
    while (healthy > 0 && degenerate(records[healthy - 1], rules))
        --healthy;
    const std::size_t streak = records.size() - healthy;
    if (streak < (more == More::is_last ? 1 : rules.patience))
        return std::nullopt;
    return Collapse{.epoch = records.size() - 1,
                    .last_healthy = healthy > 0 ? std::optional(healthy - 1) : std::nullopt,
                    .reason = *degenerate(records.back(), rules)};
}

}  // namespace

HealthRecord look_at(const Architecture& before,
                     const Architecture& after,
                     OptionWeights weights,
                     const spaces::SearchSpace& space,
                     const OpenChoices& open) {
    HealthRecord record{.entropy = mean_entropy(after, weights),
                        .stability = mean_tau(before, after)};
    const auto genotype = discretise(space,
                                     open,
                                     preferences_of(after, weights, space, open),
                                     middle_genotype(space.params()),
                                     {});
    if (!genotype)
        return record;
    const Census census = take_census(space, open, *genotype);
    const auto choices = static_cast<double>(std::max<std::int64_t>(census.choices, 1));
    record.skip_share = static_cast<double>(census.skips) / choices;
    record.none_share = static_cast<double>(census.nones) / choices;
    record.most_skips = census.most_skips;
    record.has_all_skips = census.has_all_skips;
    return record;
}

void add_to(Metrics& metrics, const HealthRecord& record) {
    const auto add = [&metrics](const char* name, const std::optional<double>& value) {
        if (value)
            metrics[name] = *value;
    };
    add("hessian_eigenvalue", record.eigenvalue);
    add("ranking_stability", record.stability);
    add("discretisation_gap", record.gap);
    metrics["skip_share"] = record.skip_share;
    metrics["none_share"] = record.none_share;
    metrics["most_skips"] = static_cast<double>(record.most_skips);
    metrics["all_skip_cells"] = record.has_all_skips ? 1.0 : 0.0;
    metrics["entropy"] = record.entropy;
}

HealthRecord health_from(const Metrics& metrics) {
    return {.eigenvalue = find(metrics, "hessian_eigenvalue"),
            .skip_share = find(metrics, "skip_share").value_or(0.0),
            .none_share = find(metrics, "none_share").value_or(0.0),
            .most_skips = static_cast<std::int64_t>(find(metrics, "most_skips").value_or(0.0)),
            .has_all_skips = find(metrics, "all_skip_cells").value_or(0.0) > 0.0,
            .entropy = find(metrics, "entropy").value_or(1.0),
            .stability = find(metrics, "ranking_stability"),
            .gap = find(metrics, "discretisation_gap")};
}

std::optional<Collapse> find_collapse(std::span<const HealthRecord> records,
                                      const HealthRules& rules,
                                      More more) {
    if (records.size() <= rules.from)
        return std::nullopt;
    if (auto collapse = degenerated(records, rules, more))
        return collapse;
    return sharpened(records, rules);
}

}  // namespace parnas::search
