// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/bananas/bananas.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "search/acquisition/hypervolume_improvement.h"
#include "search/acquisition/log_ei.h"
#include "search/json_text.h"
#include "search/points/enumeration.h"
#include "search/samplers/bananas/candidates.h"
#include "search/samplers/bananas/trial_model.h"
#include "search/samplers/explored.h"
#include "search/samplers/foretold.h"
#include "search/samplers/ranking.h"

namespace parnas::search {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::size_t kParents = 10;
constexpr int kArchitectureDraws = 100;  // for one that can be proposed
// Of one objective every fourth proposal is a neighbour of the best trial that has new ones: local
// search is what finds the last step from a good network to the best one.
constexpr TrialNumber kPolish = 4;

bool differ_in_one(const Genotype& a, const Genotype& b) {
    std::size_t different = 0;
    for (std::size_t i = 0; i < a.values.size(); ++i)
        different += a.values[i] != b.values[i] ? 1 : 0;
    return different == 1;
}

class Bananas final : public Sampler {
  public:
    Bananas(const BananasOptions& options, const SamplerSetup& setup)
        : options_(options),
          space_(setup.space),
          goals_(setup.goals),
          features_(setup.space),
          explored_(setup.space),
          has_all_(spaces::cardinality(setup.space.params()) <=
                   static_cast<double>(options.exhaustive)),
          excess_(Clip::none, options.most) {
        for (std::size_t i = 0; i < setup.objectives; ++i)
            models_.emplace_back(Clip::worst_tenth, options.most);
    }

    std::vector<Proposal> ask(const AskContext& context, std::size_t count) override {
        explored_.begin_ask(context.pending);
        absorb(context);
        const bool modelled = complete_ >= options_.startup;
        if (modelled)
            begin(context);
        return explored_.collect(count, [&](std::size_t made) {
            const TrialNumber number = context.number + static_cast<TrialNumber>(made);
            std::optional<Proposal> proposal =
                modelled ? propose(context, number) : draw_architecture(context);
            if (!proposal)
                proposal = explored_.newcomer(context.rng);
            if (modelled && proposal && made + 1 < count)
                imagine(proposal->genotype);
            return proposal;
        });
    }

    void tell(std::span<const Trial> trials) override {
        for (const Trial& trial : trials) {
            explored_.tell(trial.genotype);
            complete_ += trial.objectives.empty() ? 0 : 1;
            broken_ = broken_ || trial.violation > 0.0;
            if (is_comparable(trial))
                individuals_.push_back(to_individual(trial));
            told_.push_back({.genotype = trial.genotype,
                             .objectives = trial.objectives,
                             .violation = trial.violation,
                             .metrics = trial.metrics});
        }
    }

  private:
    struct Told {
        Genotype genotype;
        std::vector<double> objectives;  // empty: it failed, broke a limit or was pruned
        double violation = 0.0;
        Metrics metrics;
    };

    // What the models have not seen yet.
    void absorb(const AskContext& context) {
        if (!known_ && complete_ >= options_.startup)
            find_known(context);
        for (; known_ && absorbed_ < told_.size(); ++absorbed_) {
            const Told& trial = told_[absorbed_];
            const ArchitecturePoint point = features_.point(trial.genotype);
            excess_.tell(point, trial.violation > 0.0 ? 1.0 : 0.0);
            if (trial.objectives.empty() && trial.violation > 0.0)
                continue;
            for (std::size_t i = 0; i < models_.size(); ++i)
                models_[i].tell(point, trial.objectives.empty() ? kInfinity : trial.objectives[i]);
        }
    }

    // Objectives that are foretold need no model.
    void find_known(const AskContext& context) {
        known_.emplace(models_.size(), false);
        if (!predicts(context) || models_.size() < 2)
            return;
        const auto complete = std::ranges::find_if(
            told_, [](const Told& trial) { return !trial.objectives.empty(); });
        for (std::size_t i = 0; i < goals_.size(); ++i)
            (*known_)[i] = is_foretold(
                context.predict, complete->genotype, complete->metrics, goals_[i].metric);
    }

    bool predicts(const AskContext& context) const {
        return options_.predict && context.predict != nullptr;
    }

    // The whole space, once for all, or candidates around the best trials.
    void fill_pool(Rng& rng) {
        if (has_all_ && version_ > 0)
            return;
        pool_ = has_all_ ? all_candidates(space_, features_)
                         : near_candidates(space_, features_, parents(), options_.candidates, rng);
        predicted_.assign(pool_.genotypes.size(), std::nullopt);
        ++version_;
    }

    // Every architecture is as likely: of genotypes most are few, poor architectures.
    std::optional<Proposal> draw_architecture(const AskContext& context) {
        if (!has_all_)
            return std::nullopt;
        fill_pool(context.rng);
        for (int draw = 0; draw < kArchitectureDraws && !pool_.points.empty(); ++draw) {
            const std::size_t point = context.rng.below(pool_.points.size());
            std::vector<std::size_t> alike;
            for (std::size_t i = 0; i < pool_.genotypes.size(); ++i)
                if (pool_.point_of[i] == point)
                    alike.push_back(i);
            const std::size_t candidate = context.rng.pick(alike);
            const Genotype& genotype = pool_.genotypes[candidate];
            if (explored_.is_new(genotype, context.known) && !is_refused(candidate, context))
                return Proposal{.genotype = genotype,
                                .attributes = {{"reason", "\"random architecture\""}}};
        }
        return std::nullopt;
    }

    void begin(const AskContext& context) {
        fill_pool(context.rng);
        for (std::size_t i = 0; i < models_.size(); ++i)
            if (!(*known_)[i])
                models_[i].update(pool_.points, version_);
        if (broken_)
            excess_.update(pool_.points, version_);
        for (const Candidate& each : context.pending)
            imagine(each.genotype);
    }

    void imagine(const Genotype& genotype) {
        const ArchitecturePoint point = features_.point(genotype);
        for (std::size_t i = 0; i < models_.size(); ++i)
            if (!(*known_)[i])
                models_[i].imagine(point);
        if (broken_)
            excess_.imagine(point);
    }

    // The best trials.
    std::vector<Genotype> parents() const {
        const std::vector<Fitness> ranking = fitness(individuals_);
        std::vector<std::size_t> order(individuals_.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::ranges::stable_sort(
            order, [&](std::size_t a, std::size_t b) { return ranking[a] < ranking[b]; });
        order.resize(std::min(order.size(), kParents));
        std::vector<Genotype> parents;
        for (const std::size_t i : order)
            parents.push_back(individuals_[i].genotype);
        return parents;
    }

    std::optional<Proposal> propose(const AskContext& context, TrialNumber number) {
        const Outlook outlook = look(context);
        std::vector<std::size_t> choices;
        for (std::size_t i = 0; i < outlook.scores.size(); ++i)
            if (outlook.scores[i] > -kInfinity)
                choices.push_back(i);
        std::ranges::stable_sort(
            choices, std::ranges::greater{}, [&](std::size_t i) { return outlook.scores[i]; });
        const auto best = [&](const auto& accept) -> std::optional<Proposal> {
            for (const std::size_t i : choices) {
                const Genotype& genotype = pool_.genotypes[i];
                if (accept(genotype) && explored_.is_new(genotype, context.known) &&
                    !is_refused(i, context))
                    return describe(i, outlook);
            }
            return std::nullopt;
        };
        if (has_all_ && models_.size() == 1 && number % kPolish == kPolish - 1)
            for (const Genotype& parent : parents())
                if (auto proposal = best(
                        [&](const Genotype& genotype) { return differ_in_one(genotype, parent); }))
                    return proposal;
        return best([](const Genotype&) { return true; });
    }

    // It is predicted to break a limit, or the target cannot run it.
    bool is_refused(std::size_t candidate, const AskContext& context) {
        return predicts(context) && prediction(candidate, context).failure;
    }

    const Predicted& prediction(std::size_t candidate, const AskContext& context) {
        std::optional<Predicted>& predicted = predicted_[candidate];
        if (!predicted)
            predicted = context.predict(pool_.genotypes[candidate]);
        return *predicted;
    }

    // What is expected of each candidate.
    struct Outlook {
        std::vector<PoolPrediction> objectives;  // standardised as `scales` say
        std::vector<Learnable> scales;
        std::vector<double> scores;  // logarithm of the expected improvement; or minus infinity
    };

    Outlook look(const AskContext& context) {
        Outlook outlook;
        for (std::size_t i = 0; i < models_.size(); ++i) {
            outlook.scales.push_back(scale_of(i));
            outlook.objectives.push_back((*known_)[i] ? known_values(i, outlook.scales[i], context)
                                                      : of_candidates(models_[i].predict()));
        }
        outlook.scores = models_.size() == 1 ? improvements(outlook) : volumes(outlook);
        if (broken_) {
            const PoolPrediction excess = of_candidates(excess_.predict());
            const double limit = excess_.scale()(0.5);
            for (std::size_t i = 0; i < outlook.scores.size(); ++i) {
                const auto at = static_cast<Eigen::Index>(i);
                outlook.scores[i] +=
                    log_probability_below(limit, excess.mean[at], excess.stddev[at]).value;
            }
        }
        return outlook;
    }

    PoolPrediction of_candidates(const PoolPrediction& points) const {
        return {.mean = points.mean(pool_.point_of), .stddev = points.stddev(pool_.point_of)};
    }

    // Of an objective's values in complete trials.
    Learnable scale_of(std::size_t objective) const {
        if (!(*known_)[objective])
            return models_[objective].scale();
        std::vector<double> values;
        for (const Told& trial : told_)
            if (!trial.objectives.empty())
                values.push_back(trial.objectives[objective]);
        return learnable(values, Clip::none);
    }

    PoolPrediction known_values(std::size_t objective,
                                const Learnable& scale,
                                const AskContext& context) {
        const auto candidates = static_cast<Eigen::Index>(pool_.genotypes.size());
        PoolPrediction result{.mean = Eigen::VectorXd(candidates),
                              .stddev = Eigen::VectorXd::Zero(candidates)};
        const Objective& goal = goals_[objective];
        for (Eigen::Index i = 0; i < candidates; ++i) {
            const Metrics& metrics = prediction(static_cast<std::size_t>(i), context).metrics;
            const auto found = metrics.find(goal.metric);
            result.mean[i] = found == metrics.end()
                                 ? kInfinity
                                 : scale(minimised({goal}, {found->second}).front());
        }
        return result;
    }

    // Complete trials that meet all limits, standardised, a row each.
    std::vector<double> met(const Outlook& outlook) const {
        std::vector<double> rows;
        for (const Told& trial : told_)
            if (!trial.objectives.empty() && trial.violation <= 0.0)
                for (std::size_t i = 0; i < models_.size(); ++i)
                    rows.push_back(outlook.scales[i](trial.objectives[i]));
        return rows;
    }

    std::vector<double> improvements(const Outlook& outlook) const {
        const std::vector<double> values = met(outlook);
        const PoolPrediction& objective = outlook.objectives.front();
        std::vector<double> scores(pool_.genotypes.size(), 0.0);
        if (values.empty())
            return scores;
        const double best = std::ranges::min(values);
        for (std::size_t i = 0; i < scores.size(); ++i) {
            const auto at = static_cast<Eigen::Index>(i);
            scores[i] =
                log_expected_improvement(best, objective.mean[at], objective.stddev[at]).value;
        }
        return scores;
    }

    std::vector<double> volumes(const Outlook& outlook) const {
        const std::vector<double> front = met(outlook);
        std::vector<double> scores(pool_.genotypes.size(), 0.0);
        if (front.empty())
            return scores;
        const PointRows rows{.values = front, .objectives = models_.size()};
        const std::vector<double> reference = reference_of(outlook);
        const std::vector<double> lowest(models_.size(), -kInfinity);
        const ExpectedHypervolumeImprovement improvement(
            {&rows, 1}, {.lowest = lowest, .reference = reference});
        std::vector<double> mean(models_.size());
        std::vector<double> stddev(models_.size());
        for (std::size_t i = 0; i < scores.size(); ++i) {
            const auto at = static_cast<Eigen::Index>(i);
            bool worse = false;
            for (std::size_t j = 0; j < models_.size(); ++j) {
                mean[j] = outlook.objectives[j].mean[at];
                stddev[j] = outlook.objectives[j].stddev[at];
                worse = worse || mean[j] - 8.0 * stddev[j] >= reference[j];
            }
            scores[i] = worse ? -kInfinity : improvement.log_value(mean, stddev);
        }
        return scores;
    }

    // The worst that is worth anything: of modelled objectives the worst target, of known ones
    // the worst candidate or trial; standardised.
    std::vector<double> reference_of(const Outlook& outlook) const {
        std::vector<double> reference;
        for (std::size_t i = 0; i < models_.size(); ++i) {
            double worst = outlook.scales[i].targets.maxCoeff();
            if ((*known_)[i])
                for (const double value : outlook.objectives[i].mean)
                    worst = std::isfinite(value) ? std::max(worst, value) : worst;
            reference.push_back(worst);
        }
        return reference;
    }

    Proposal describe(std::size_t candidate, const Outlook& outlook) const {
        std::string reason = fmt::format("log expected {} {:.4g}",
                                         models_.size() == 1 ? "improvement" : "hypervolume",
                                         outlook.scores[candidate]);
        const auto at = static_cast<Eigen::Index>(candidate);
        for (std::size_t i = 0; i < models_.size(); ++i) {
            const double mean = outlook.scales[i].inverse(outlook.objectives[i].mean[at]);
            if ((*known_)[i])
                reason += fmt::format(
                    "; {} {:.4g}", goals_[i].metric, minimised({goals_[i]}, {mean}).front());
            else
                reason += fmt::format("; minimised {:.4g} +- {:.2g}",
                                      mean,
                                      outlook.scales[i].stddev * outlook.objectives[i].stddev[at]);
        }
        return {.genotype = pool_.genotypes[candidate],
                .attributes = {{"reason", json_text(reason)}}};
    }

    BananasOptions options_;
    const spaces::SearchSpace& space_;
    std::vector<Objective> goals_;  // one for each objective, or none
    ArchitectureFeatures features_;
    Explored explored_;
    bool has_all_;  // the pool is the whole space

    std::vector<Told> told_;
    std::vector<Individual> individuals_;
    std::size_t complete_ = 0;
    bool broken_ = false;  // some trial broke a limit
    std::size_t absorbed_ = 0;

    std::optional<std::vector<bool>> known_;  // per objective: it is foretold
    std::vector<TrialModel> models_;          // one per objective
    TrialModel excess_;                       // 1: breaks a limit, 0: does not
    Candidates pool_;
    std::vector<std::optional<Predicted>> predicted_;  // per candidate
    std::uint64_t version_ = 0;                        // of the pool; 0: there is none
};

}  // namespace

BananasOptions read_bananas(ObjectReader& options) {
    BananasOptions result;
    const auto count = [&](std::string_view key, std::size_t otherwise, Range<std::int64_t> range) {
        return static_cast<std::size_t>(
            options.integer(key, static_cast<std::int64_t>(otherwise), range));
    };
    result.startup = count("startup", result.startup, {.low = 2, .high = 100'000});
    result.candidates = count("candidates", result.candidates, {.low = 8, .high = 100'000});
    result.exhaustive = count("exhaustive", result.exhaustive, {.low = 0, .high = 1'000'000});
    result.most = count("most", result.most, {.low = 20, .high = 2000});
    result.predict = options.boolean("predict", result.predict);
    return result;
}

std::unique_ptr<Sampler> make_bananas_sampler(const BananasOptions& options,
                                              const SamplerSetup& setup) {
    return std::make_unique<Bananas>(options, setup);
}

}  // namespace parnas::search
