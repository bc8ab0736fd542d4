// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/branches/branches.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "core/json.h"
#include "search/samplers/branches/branch_space.h"
#include "search/samplers/branches/policy.h"

namespace parnas::search {
namespace {

// One choice and its search.
struct Way {
    std::unique_ptr<BranchSpace> space;
    std::unique_ptr<Sampler> sampler;
    Branch told;
    std::vector<Candidate> pending;  // during one ask
};

class Branches final : public Sampler {
  public:
    Branches(spaces::ParamIndex fork, const SamplerSetup& setup, const MakeSampler& make)
        : fork_(fork), param_(setup.space.params()[fork]) {
        const std::uint64_t choices = *spaces::cardinality(param_.domain);
        for (std::uint64_t i = 0; i < choices; ++i) {
            auto space =
                std::make_unique<BranchSpace>(setup.space, fork, static_cast<std::int64_t>(i));
            auto sampler = make({.space = *space,
                                 .objectives = setup.objectives,
                                 .seed = setup.seed,
                                 .limits = setup.limits});
            ways_.push_back({.space = std::move(space), .sampler = std::move(sampler)});
        }
    }

    std::vector<Proposal> ask(const AskContext& context, std::size_t count) override {
        for (Way& way : ways_)
            way.pending.clear();
        for (const Candidate& candidate : context.pending)
            add_pending(way_of(candidate.genotype), candidate);
        std::vector<Proposal> proposals;
        while (proposals.size() < count) {
            std::optional<Proposal> proposal = propose(context);
            if (!proposal)
                break;
            add_pending(
                way_of(proposal->genotype),
                {.number = context.number + std::ssize(proposals), .genotype = proposal->genotype});
            proposals.push_back(*std::move(proposal));
        }
        return proposals;
    }

    void tell(std::span<const Trial> trials) override {
        for (const Trial& trial : trials) {
            Way& way = ways_[way_of(trial.genotype)];
            Trial part = trial;
            part.genotype = way.space->part(trial.genotype);
            ++way.told.trials;
            // What ended at a rung has a value that is no match for others.
            if (trial.state == TrialState::complete && trial.violation <= 0.0 &&
                std::isfinite(trial.objectives.front()))
                way.told.add_value(trial.objectives.front());
            way.sampler->tell({&part, 1});
        }
    }

  private:
    std::size_t way_of(const Genotype& genotype) const {
        return static_cast<std::size_t>(std::get<std::int64_t>(genotype.values[fork_]));
    }

    void add_pending(std::size_t way, Candidate candidate) {
        candidate.genotype = ways_[way].space->part(candidate.genotype);
        ways_[way].pending.push_back(std::move(candidate));
    }

    // Of the first way, by merit, that has something left to try.
    std::optional<Proposal> propose(const AskContext& context) {
        std::vector<Branch> branches;
        for (const Way& way : ways_) {
            branches.push_back(way.told);
            branches.back().trials += way.pending.size();
        }
        const std::vector<double> gains = expected_gains(branches);
        std::vector<std::size_t> order(ways_.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::ranges::stable_sort(order, {}, [&](std::size_t way) {
            return std::pair(-gains[way], branches[way].trials);
        });
        for (const std::size_t way : order)
            if (std::optional<Proposal> proposal = ask_way(way, context)) {
                explain(*proposal, way, gains);
                return proposal;
            }
        return std::nullopt;
    }

    std::optional<Proposal> ask_way(std::size_t index, const AskContext& context) {
        Way& way = ways_[index];
        const Known known = [&](const Genotype& part) {
            return context.known(way.space->whole(part));
        };
        Predict predict;
        if (context.predict)
            predict = [&](const Genotype& part) { return context.predict(way.space->whole(part)); };
        std::vector<Proposal> proposals = way.sampler->ask({.space = *way.space,
                                                            .number = context.number,
                                                            .pending = way.pending,
                                                            .rng = context.rng,
                                                            .known = known,
                                                            .predict = predict},
                                                           1);
        if (proposals.empty())
            return std::nullopt;
        proposals.front().genotype = way.space->whole(proposals.front().genotype);
        return std::move(proposals.front());
    }

    // "kind=cnn may gain most (cnn 0.12, mlp 0.031): ", and the sampler's own reason.
    void explain(Proposal& proposal, std::size_t chosen, const std::vector<double>& gains) const {
        const auto name = [&](std::size_t way) {
            return parnas::to_string(
                spaces::to_scalar(param_.domain, static_cast<std::int64_t>(way)));
        };
        std::vector<std::string> others;
        for (std::size_t way = 0; way < gains.size(); ++way)
            if (way != chosen && std::isfinite(gains[way]))
                others.push_back(fmt::format("{} {:.3g}", name(way), gains[way]));
        std::string reason = fmt::format("{} = {}", param_.name, name(chosen));
        if (std::isinf(gains[chosen]))
            reason += fmt::format(", which has fewer than {} trials", kFirst);
        else
            reason +=
                fmt::format(", expected gain {:.3g} ({})", gains[chosen], fmt::join(others, ", "));
        const auto own = proposal.attributes.find("reason");
        if (own != proposal.attributes.end())
            if (const Json text = parse_json(own->second, "reason"); text.is_string())
                reason += ": " + text.get<std::string>();
        proposal.attributes["reason"] = dump_json(Json(reason));
    }

    spaces::ParamIndex fork_;
    const spaces::Param& param_;
    std::vector<Way> ways_;  // one per choice
};

}  // namespace

std::unique_ptr<Sampler> make_branching_sampler(const SamplerSetup& setup,
                                                const MakeSampler& make) {
    const auto fork = setup.objectives == 1 ? find_fork(setup.space.params()) : std::nullopt;
    if (!fork)
        return make(setup);
    return std::make_unique<Branches>(*fork, setup, make);
}

}  // namespace parnas::search
