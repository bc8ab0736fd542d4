// SPDX-License-Identifier: Apache-2.0
#include "search/screen.h"

#include <utility>

#include "search/measure_when.h"
#include "search/target_metrics.h"

namespace parnas::search {

using hw_models::Estimate;

Screen::Screen(ScreenParts parts) : parts_(std::move(parts)) {
    if (parts_.model != nullptr)
        costs_.emplace(parts_.space, *parts_.model, parts_.measurer);
}

Screened Screen::look(const Genotype& genotype, const std::stop_token& stop) {
    const auto facts = parts_.facts.look(genotype);
    if (!costs_ || !facts->architecture)
        return judge(genotype, std::nullopt);
    return judge(genotype, costs_->look(genotype, stop));
}

Screened Screen::admit(const Candidate& candidate,
                       const ParetoArchive& front,
                       const std::stop_token& stop) {
    const Genotype& genotype = candidate.genotype;
    const auto facts = parts_.facts.look(genotype);
    if (!measures() || !facts->architecture)
        return look(genotype, stop);
    const TargetCosts::Cost cost = costs_->look(genotype, stop);
    Screened screened = judge(genotype, cost);
    const auto* estimate = std::get_if<Estimate>(&cost);
    if (estimate == nullptr)
        return screened;
    if (estimate->source == hw_models::Source::measured) {
        screened.figures = TargetFigures{.measured = *estimate};
        return screened;
    }
    screened.figures = TargetFigures{.predicted = *estimate};
    if (is_to_be_measured(candidate, *estimate, front))
        measure(genotype, screened, stop);
    return screened;
}

void Screen::learn(const Genotype& genotype, const TargetFigures& figures) {
    if (const auto facts = parts_.facts.look(genotype); figures.measured && facts->architecture)
        costs_->learn(genotype, *figures.measured);
}

Screened Screen::recall(const Genotype& genotype, const TargetFigures& figures) {
    const std::optional<Estimate>& known = figures.measured ? figures.measured : figures.predicted;
    Screened screened =
        judge(genotype,
              known ? std::optional<TargetCosts::Cost>(costs_->completed(genotype, *known))
                    : std::nullopt);
    screened.figures = figures;
    return screened;
}

Screened Screen::judge(const Genotype& genotype,
                       const std::optional<TargetCosts::Cost>& cost) const {
    Screened screened{.facts = parts_.facts.look(genotype)};
    screened.metrics = screened.facts->counts;
    if (auto trouble = parts_.facts.trouble(genotype)) {
        screened.failure = Failure{FailureKind::crashed, *std::move(trouble)};
        return screened;
    }
    if (cost) {
        if (const auto* estimate = std::get_if<Estimate>(&*cost))
            add_metrics(*estimate, screened.metrics);
        else
            screened.failure = std::get<Failure>(*cost);
    }
    if (parts_.confidence)
        if (const auto upper = latency_upper_ms(screened.metrics, *parts_.confidence))
            screened.metrics[std::string(kLatencyUpper)] = *upper;
    if (!screened.failure)
        if (auto reason = describe_violation(parts_.limits, screened.metrics))
            screened.failure = Failure{FailureKind::infeasible, *std::move(reason)};
    return screened;
}

bool Screen::is_to_be_measured(const Candidate& candidate,
                               const Estimate& predicted,
                               const ParetoArchive& front) const {
    if (candidate.stage == Stage::finalist)
        return true;
    if (!is_unsure(predicted))
        return false;
    const PredictedRange range{.predicted = judge(candidate.genotype, predicted).metrics,
                               .low = at(candidate.genotype, predicted.low),
                               .high = at(candidate.genotype, predicted.high)};
    if (may_break_limits(parts_.limits, range))
        return true;
    return candidate.fidelity >= 1.0 && violation(parts_.limits, range.predicted) <= 0.0 &&
           may_join_front(parts_.objectives, range, front);
}

// If it had this latency for sure.
Metrics Screen::at(const Genotype& genotype, Milliseconds latency) const {
    const Estimate sure =
        costs_->completed(genotype, {.latency = latency, .low = latency, .high = latency});
    return judge(genotype, sure).metrics;
}

void Screen::measure(const Genotype& genotype, Screened& screened, const std::stop_token& stop) {
    TargetFigures figures = *std::move(screened.figures);
    const auto answer = costs_->measure(genotype, stop);
    if (const auto* refused = std::get_if<TargetCosts::Refused>(&answer)) {
        figures.refused = refused->reason;
    } else if (const auto* estimate = std::get_if<Estimate>(&answer)) {
        figures.measured = *estimate;
        screened = judge(genotype, *estimate);
    } else {
        screened = judge(genotype, std::get<Failure>(answer));
    }
    screened.figures = std::move(figures);
}

}  // namespace parnas::search
