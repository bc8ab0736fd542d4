// SPDX-License-Identifier: Apache-2.0
#include "search/weight_sharing/differentiable.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"
#include "search/json_text.h"
#include "search/strategy_factory.h"
#include "search/weight_sharing/cost_fit.h"
#include "search/weight_sharing/schedules.h"
#include "search/weight_sharing/trade_off.h"
#include "spaces/template.h"

namespace parnas::search {
namespace {

// Where an epoch is in its stage.
struct Place {
    std::size_t stage = 0;
    std::int64_t epoch = 0;   // from 0
    std::int64_t epochs = 1;  // of the stage
};

Place place_of(std::int64_t epoch, const DifferentiableOptions& options) {
    double total = 0.0;
    for (const DifferentiableStage& stage : options.stages)
        total += stage.share;
    const auto count = static_cast<std::int64_t>(options.stages.size());
    std::int64_t begin = 0;
    double share = 0.0;
    for (std::int64_t i = 0; i < count; ++i) {
        share += options.stages[static_cast<std::size_t>(i)].share / total;
        // At least one epoch for this stage and each that follows.
        const std::int64_t end =
            std::clamp<std::int64_t>(std::llround(share * static_cast<double>(options.epochs)),
                                     begin + 1,
                                     options.epochs - (count - 1 - i));
        if (epoch < end)
            return {static_cast<std::size_t>(i), epoch - begin, end - begin};
        begin = end;
    }
    throw Error(ErrorKind::internal, "an epoch after the last stage");
}

void check_space(const spaces::SearchSpace& space) {
    if (space.shared_weights() == nullptr)
        throw Error(
            ErrorKind::invalid_input,
            fmt::format("the space {} has no template, so it has no supernet; spaces that are "
                        "documents with a body have one",
                        space.name()));
    const OpenChoices open = find_open_choices(space);
    if (!open.closed.empty()) {
        std::string names;
        for (const spaces::ParamIndex param : open.closed)
            names += (names.empty() ? "" : ", ") + space.params()[param].name;
        throw Error(ErrorKind::invalid_input,
                    "no weighted sum of networks keeps these parameters open: " + names +
                        "; one_shot and progressive_shrinking search them");
    }
    if (open.choices.empty())
        throw Error(ErrorKind::invalid_input,
                    fmt::format("the space {} has no choice between blocks", space.name()));
}

class DifferentiableStrategy final : public Strategy {
  public:
    DifferentiableStrategy(const DifferentiableOptions& options,
                           std::unique_ptr<Strategy> then,
                           const SamplerSetup& setup)
        : options_(options),
          space_(setup.space),
          limits_(setup.limits),
          seed_(setup.seed),
          open_(find_open_choices(setup.space)),
          then_(std::move(then)) {}

    Step next(const AskContext& context) override {
        if (is_training())
            return next_epoch(context);
        if (!proposals_)
            proposals_ = propose(context);
        for (const Proposal& proposal : *proposals_)
            if (is_new(proposal.genotype, context.pending))
                return proposal;
        if (then_)
            return then_->next(context);
        if (!context.pending.empty())
            return Wait{};
        return Done{proposals_->empty() ? "no discretised architecture meets the requirements and "
                                          "limits; " +
                                              story()
                                        : story()};
    }

    bool has_phases() const override { return true; }

    void tell(std::span<const Finished> finished) override {
        for (const Finished& each : finished)
            if (const auto* trial = std::get_if<Trial>(&each))
                told_.insert(spaces::hash(trial->genotype));
            else if (is_training())
                hear(std::get<FinishedPhase>(each));
        if (then_)
            then_->tell(finished);
    }

  private:
    // What an epoch left behind.
    struct Past {
        DifferentiableEpoch settings;
        EpochAttachment attachment;
        std::optional<ArtifactId> checkpoint;
    };

    bool is_training() const { return !collapse_ && std::ssize(epochs_) < options_.epochs; }

    void hear(const FinishedPhase& phase) {
        epochs_.push_back({.settings = differentiable_epoch_from(phase.phase.settings),
                           .attachment = epoch_attachment_from(phase.result.attachment),
                           .checkpoint = phase.checkpoint});
        const Past& past = epochs_.back();
        cost_ = past.settings.cost;
        if (cost_ && cost_->target)
            if (const auto found = phase.result.metrics.find(expected_name(cost_->additive.metric));
                found != phase.result.metrics.end()) {
                const double excess = std::log(found->second / *cost_->target);
                cost_->multiplier = updated(cost_->multiplier, excess, excess_);
                excess_ = excess;
            }
        health_.push_back(health_from(phase.result.metrics));
        if (options_.stop_on_collapse)
            collapse_ = find_collapse(
                health_,
                options_.health,
                std::ssize(epochs_) < options_.epochs ? More::epochs_follow : More::is_last);
    }

    // --- phases ---------------------------------------------------------------------------

    Phase next_epoch(const AskContext& context) {
        const std::int64_t index = std::ssize(epochs_);
        const Place place = place_of(index, options_);
        const DifferentiableStage& stage = options_.stages[place.stage];
        const double share = share_of_way(index, options_.epochs);
        DifferentiableEpoch epoch = options_.epoch;
        epoch.epoch = index;
        epoch.depth = stage.depth;
        if (stage.partial_channels)
            epoch.partial_channels = stage.partial_channels;
        epoch.lr =
            cosine(options_.epoch.lr, options_.lr_min, share_of_way(place.epoch, place.epochs));
        epoch.temperature = linear(options_.tau_begin, options_.tau_end, share);
        epoch.beta_regulariser = linear(0.0, options_.epoch.beta_regulariser, share);
        epoch.skip_dropout = skip_dropout(options_.epoch.skip_dropout, place.epoch);
        epoch.frozen =
            static_cast<double>(place.epoch) < options_.frozen * static_cast<double>(place.epochs);
        epoch.eigenvalue = epoch.gap =
            options_.health_every > 0 && (index + 1) % options_.health_every == 0;
        epoch.none = options_.discretise.none;
        epoch.option_losses = options_.select == Select::losses && index + 1 == options_.epochs;
        begin_from_past(epoch, place, stage);
        if (!cost_ && index == 0)
            cost_ = first_cost(context);
        epoch.cost = cost_;
        return {.name = "supernet", .settings = to_text(epoch), .warm_start = warm_start_of(epoch)};
    }

    // What the runner chose for the first epoch's memory stays.
    void begin_from_past(DifferentiableEpoch& epoch,
                         const Place& place,
                         const DifferentiableStage& stage) const {
        if (epochs_.empty()) {
            epoch.architecture = first_architecture(epoch);
        } else {
            const EpochAttachment& past = epochs_.back().attachment;
            epoch.architecture = past.architecture;
            epoch.weights = past.weights;
            if (!epoch.partial_channels)
                epoch.partial_channels = past.partial_channels;
        }
        if (place.epoch == 0 && stage.keep)
            epoch.architecture = strongest(epoch.architecture, *stage.keep);
    }

    Architecture first_architecture(const DifferentiableEpoch& epoch) const {
        spaces::SupernetOptions all = supernet_options(epoch, 1, space_, open_);
        all.depth = 1.0;
        const spaces::Supernet supernet =
            spaces::keep_choices(*space_.shared_weights(), space_.params(), all);
        return initial_architecture(
            supernet.strengths, epoch.edges, Rng(seed_).fork("architecture"));
    }

    // Weights go on while the supernet has the same ones.
    std::optional<ArtifactId> warm_start_of(const DifferentiableEpoch& epoch) const {
        if (epochs_.empty())
            return std::nullopt;
        const Past& past = epochs_.back();
        const bool same = past.settings.depth == epoch.depth &&
                          past.attachment.partial_channels == epoch.partial_channels;
        return same ? past.checkpoint : std::nullopt;
    }

    std::optional<DifferentiableEpoch::Cost> first_cost(const AskContext& context) const {
        auto goal = find_cost_goal(context, options_.target, limits_);
        auto additive = fit_cost(
            goal.metric, context, open_, {.samples = options_.cost_samples, .seed = seed_});
        if (!additive)
            return std::nullopt;
        return DifferentiableEpoch::Cost{.additive = *std::move(additive), .target = goal.at};
    }

    // --- proposals ------------------------------------------------------------------------

    // The epoch whose architecture counts.
    std::size_t chosen_epoch() const {
        return collapse_ && collapse_->last_healthy ? *collapse_->last_healthy : epochs_.size() - 1;
    }

    DiscretiseOptions discretise_options() const {
        DiscretiseOptions options = options_.discretise;
        if (collapse_ && !collapse_->last_healthy && !options.max_skips)
            options.max_skips = options_.health.max_skips;
        return options;
    }

    std::vector<Proposal> propose(const AskContext& context) const {
        const EpochAttachment& chosen = epochs_[chosen_epoch()].attachment;
        Preferences preferences =
            preferences_of(chosen.architecture, chosen.weights, space_, open_);
        if (chosen.losses)
            prefer_small_losses(*chosen.losses, preferences);
        std::set<Digest> seen;
        const std::vector<TradeOff> found =
            trade_offs({.space = space_,
                        .open = open_,
                        .preferences = preferences,
                        .base = middle_genotype(space_.params()),
                        .discretise = discretise_options(),
                        .cost = cost_ ? &cost_->additive : nullptr,
                        .accept =
                            [&](const Genotype& genotype) {
                                return is_allowed(genotype, context) &&
                                       seen.insert(context.known(genotype).identity).second;
                            }},
                       static_cast<std::size_t>(options_.derive));
        std::vector<Proposal> proposals;
        for (const TradeOff& each : found)
            proposals.push_back(to_proposal(each));
        return proposals;
    }

    static bool is_allowed(const Genotype& genotype, const AskContext& context) {
        return !context.predict || !context.predict(genotype).failure;
    }

    Proposal to_proposal(const TradeOff& found) const {
        Proposal proposal{.genotype = found.genotype,
                          .attributes = {{"reason", json_text(story())},
                                         {"cost_weight", fmt::format("{}", found.cost_weight)}}};
        const Past& last = epochs_.back();
        if (last.settings.inheritable && last.settings.depth == 1.0 &&
            last.attachment.partial_channels == 1)
            proposal.warm_start = last.checkpoint;
        return proposal;
    }

    // What was discretised and why.
    std::string story() const {
        const std::size_t epoch = chosen_epoch() + 1;
        if (!collapse_)
            return fmt::format("discretised after epoch {}", epoch);
        const std::string which =
            collapse_->last_healthy
                ? fmt::format("discretised after epoch {}, the last healthy one", epoch)
                : fmt::format(
                      "discretised after epoch {} with at most {} skip connections in a "
                      "cell, as no epoch was healthy",
                      epoch,
                      *discretise_options().max_skips);
        return fmt::format("the search collapsed in epoch {}: {}; {}",
                           collapse_->epoch + 1,
                           collapse_->reason,
                           which);
    }

    bool is_new(const Genotype& genotype, std::span<const Candidate> pending) const {
        return !told_.contains(spaces::hash(genotype)) &&
               std::ranges::find(pending, genotype, &Candidate::genotype) == pending.end();
    }

    DifferentiableOptions options_;
    const spaces::SearchSpace& space_;
    Limits limits_;
    std::uint64_t seed_;
    OpenChoices open_;
    std::unique_ptr<Strategy> then_;  // null: nothing follows
    std::vector<Past> epochs_;
    std::vector<HealthRecord> health_;  // one per epoch
    std::optional<DifferentiableEpoch::Cost> cost_;
    double excess_ = std::numeric_limits<double>::infinity();  // log(cost / target), last epoch
    std::optional<Collapse> collapse_;
    std::optional<std::vector<Proposal>> proposals_;
    std::unordered_set<Digest> told_;  // genotypes of trials
};

}  // namespace

std::unique_ptr<Strategy> make_differentiable_strategy(const DifferentiableOptions& options,
                                                       std::unique_ptr<Strategy> then,
                                                       const SamplerSetup& setup) {
    check_space(setup.space);
    return std::make_unique<DifferentiableStrategy>(options, std::move(then), setup);
}

std::unique_ptr<Strategy> make_differentiable_strategy(
    ObjectReader& options,
    const DifferentiableOptions& preset,
    const SamplerSetup& setup,
    const Registry<StrategyFactory>& strategies) {
    const DifferentiableOptions read = read_differentiable(options, preset);
    std::unique_ptr<Strategy> then;
    if (options.has("then"))
        then = make_inner_strategy(strategies, options, "then", setup);
    return options.faults().empty() ? make_differentiable_strategy(read, std::move(then), setup)
                                    : nullptr;
}

}  // namespace parnas::search
