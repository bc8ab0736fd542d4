// SPDX-License-Identifier: Apache-2.0
#include "search/zero_cost/score_book.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/error.h"

namespace parnas::search {
namespace {

// Genotypes of a phase: a minute of work, and what a kill costs at most.
constexpr std::size_t kPiece = 32;

}  // namespace

ScoreBook::ScoreBook(Vote vote, const spaces::SearchSpace& space)
    : vote_(std::move(vote)), scoring_(dump_json(to_json(vote_.scoring))), codec_(space.params()) {}

void ScoreBook::hear(const FinishedPhase& finished) {
    if (finished.phase.name != kScoringPhase)
        return;
    const ScoringSettings settings = scoring_settings(finished.phase.settings, codec_);
    if (dump_json(to_json(settings.scoring)) != scoring_)
        return;
    const std::vector<Scores> scores = scores_from_text(finished.result.attachment);
    if (scores.size() != settings.genotypes.size())
        throw Error(ErrorKind::damaged, "a scoring phase has not one score for each candidate");
    for (std::size_t i = 0; i < scores.size(); ++i) {
        const auto* metrics = std::get_if<Metrics>(&scores[i]);
        scores_[spaces::hash(settings.genotypes[i])] = metrics == nullptr ? Metrics() : *metrics;
    }
}

std::optional<Phase> ScoreBook::missing(std::span<const Genotype> genotypes) const {
    ScoringSettings settings{.scoring = vote_.scoring};
    for (const Genotype& genotype : genotypes)
        if (settings.genotypes.size() < kPiece && !scores_.contains(spaces::hash(genotype)))
            settings.genotypes.push_back(genotype);
    if (settings.genotypes.empty())
        return std::nullopt;
    return Phase{.name = kScoringPhase, .settings = to_text(settings, codec_)};
}

std::vector<ScoreBook::Ranked> ScoreBook::rank(std::span<const Genotype> genotypes,
                                               const Known& known) const {
    std::vector<Metrics> candidates;
    for (const Genotype& genotype : genotypes) {
        Metrics& metrics = candidates.emplace_back(scores_.at(spaces::hash(genotype)));
        if (metrics.empty())
            continue;  // what has no scores does not win by its size
        const Metrics counts = known(genotype).counts;
        metrics.insert(counts.begin(), counts.end());
    }
    const std::vector<double> ranks = mean_ranks(candidates, vote_.voters);
    std::vector<Ranked> ranked;
    for (std::size_t i = 0; i < ranks.size(); ++i)
        ranked.push_back({.index = i, .mean_rank = ranks[i]});
    std::ranges::stable_sort(ranked, {}, &Ranked::mean_rank);
    return ranked;
}

}  // namespace parnas::search
