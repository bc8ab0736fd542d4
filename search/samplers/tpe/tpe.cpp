// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/tpe/tpe.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "search/json_text.h"
#include "search/samplers/explored.h"
#include "search/samplers/tpe/group_model.h"
#include "search/samplers/tpe/trial_groups.h"
#include "search/samplers/variation.h"

namespace parnas::search {
namespace {

class Tpe final : public Sampler {
  public:
    Tpe(const TpeOptions& options, const SamplerSetup& setup)
        : options_(options),
          space_(setup.space),
          objectives_(setup.objectives),
          explored_(setup.space),
          trials_({.params = setup.space.params(),
                   .objectives = setup.objectives,
                   .grouping = options.multivariate.value_or(setup.objectives == 1)
                                   ? Grouping::together
                                   : Grouping::single,
                   .shape = options.shape}),
          models_(trials_, options.shape) {}

    std::vector<Proposal> ask(const AskContext& context, std::size_t count) override {
        explored_.begin_ask(context.pending);
        for (const Candidate& candidate : context.pending)
            trials_.push_pending(candidate.genotype);
        std::vector<Proposal> proposals = explored_.collect(count, [&](std::size_t) {
            std::optional<Proposal> proposal = propose(context);
            if (proposal)
                trials_.push_pending(proposal->genotype);
            return proposal;
        });
        trials_.pop_pending(context.pending.size() + proposals.size());
        return proposals;
    }

    void tell(std::span<const Trial> trials) override {
        for (const Trial& trial : trials) {
            explored_.tell(trial.genotype);
            trials_.tell(trial);
        }
    }

  private:
    struct Draft {
        Genotype genotype;
        double score = 0.0;  // log l - log g, over all groups
        std::size_t good = 0;
        std::size_t all = 0;
    };

    std::optional<Proposal> propose(const AskContext& context) {
        std::size_t candidates = options_.candidates;
        for (int i = 0; trials_.ranked() >= options_.startup && i < kTries; ++i) {
            Draft draft = make_draft(candidates, context.rng);
            if (space_.feasible(draft.genotype) && explored_.is_new(draft.genotype, context.known))
                return describe(std::move(draft));
            // The best of many is the same again and again: less and less of a choice leads
            // further away.
            candidates = std::max<std::size_t>(1, candidates / 2);
        }
        return explored_.newcomer(context.rng);
    }

    Draft make_draft(std::size_t candidates, Rng& rng) {
        const std::span<const spaces::Param> params = space_.params();
        Draft draft;
        for (const spaces::Param& param : params)
            draft.genotype.values.push_back(spaces::first_value(param.domain));
        draft.all = trials_.size();
        draft.good = good_of(trials_.ranked());
        models_.begin();
        for (const ParamGroup& group : trials_.groups()) {
            if (group.condition && !spaces::active(params, draft.genotype)[group.params.front()])
                continue;
            draft.score +=
                models_.choose(group, good_of(group.ranked), candidates, draft.genotype, rng);
        }
        return draft;
    }

    std::size_t good_of(std::size_t ranked) const {
        constexpr std::size_t kMostGood = 25;
        const auto share =
            static_cast<std::size_t>(std::ceil(options_.gamma * static_cast<double>(ranked)));
        return objectives_ == 1 ? std::min(share, kMostGood) : share;
    }

    Proposal describe(Draft draft) const {
        const std::string reason = fmt::format("log l - log g is {:.4g}: {} good trials against {}",
                                               draft.score,
                                               draft.good,
                                               draft.all - draft.good);
        return {.genotype = std::move(draft.genotype),
                .attributes = {{"reason", json_text(reason)}}};
    }

    TpeOptions options_;
    const spaces::SearchSpace& space_;
    std::size_t objectives_;
    Explored explored_;
    TrialGroups trials_;
    GroupModels models_;
};

}  // namespace

TpeOptions read_tpe(ObjectReader& options) {
    TpeOptions result;
    const auto count = [&](std::string_view key, std::size_t otherwise, std::int64_t most) {
        return static_cast<std::size_t>(
            options.integer(key, static_cast<std::int64_t>(otherwise), {.low = 1, .high = most}));
    };
    result.startup = count("startup", result.startup, 100'000);
    result.candidates = count("candidates", result.candidates, 10'000);
    result.gamma = options.real("gamma", result.gamma, {.low = 0.001, .high = 0.999});
    if (options.has("multivariate"))
        result.multivariate = options.boolean("multivariate", true);
    result.shape.prior_weight =
        options.real("prior_weight", result.shape.prior_weight, {.low = 1e-6, .high = 1e6});
    result.shape.magic_clip = options.boolean("magic_clip", result.shape.magic_clip);
    result.shape.endpoints = options.boolean("endpoints", result.shape.endpoints);
    return result;
}

std::unique_ptr<Sampler> make_tpe_sampler(const TpeOptions& options, const SamplerSetup& setup) {
    return std::make_unique<Tpe>(options, setup);
}

}  // namespace parnas::search
