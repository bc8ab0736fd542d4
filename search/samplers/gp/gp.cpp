// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/gp/gp.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"
#include "search/acquisition/log_ei.h"
#include "search/gp/maximise.h"
#include "search/gp/surrogate.h"
#include "search/gp/targets.h"
#include "search/json_text.h"
#include "search/samplers/explored.h"

namespace parnas::search {
namespace {

constexpr double kNone = std::numeric_limits<double>::infinity();

// By how much a trial is over the limit that it is nearest to or furthest over, relatively;
// negative within all of them. nullopt if nothing is known of that.
std::optional<double> excess_of(const Trial& trial, const Limits& limits) {
    if (trial.violation > 0.0)
        return trial.violation;
    std::optional<double> most;
    for (const auto& [metric, limit] : limits)
        if (const auto found = trial.metrics.find(metric);
            found != trial.metrics.end() && limit != 0.0)
            most = std::max(most.value_or(-kNone), (found->second - limit) / std::abs(limit));
    if (!most && trial.state != TrialState::complete)
        return std::nullopt;
    return std::min(most.value_or(0.0), 0.0);
}

// What a trial says of the objective; nullopt for one that was never evaluated, being over a limit.
std::optional<Output> output_of(const Trial& trial) {
    if (!trial.objectives.empty())
        return Output{.value = trial.objectives.front()};
    if (trial.violation > 0.0)
        return std::nullopt;
    return Output{.kind = trial.state == TrialState::pruned ? Output::Kind::pruned
                                                            : Output::Kind::failed};
}

class Gp final : public Sampler {
  public:
    Gp(const GpOptions& options, const SamplerSetup& setup)
        : options_(options),
          space_(setup.space),
          limits_(setup.limits),
          features_(setup.space.params()),
          explored_(setup.space),
          loss_(surrogate_options(),
                [this](std::size_t count) {
                    return Targets(std::span(outputs_).first(count)).values();
                }),
          excess_(surrogate_options(), [this](std::size_t count) {
              return excess_targets(std::span(excesses_).first(count));
          }) {}

    std::vector<Proposal> ask(const AskContext& context, std::size_t count) override {
        explored_.begin_ask(context.pending);
        const bool modelled = is_modelled();
        if (modelled)
            begin_models(context.pending);
        return explored_.collect(count, [&](std::size_t) {
            std::optional<Proposal> proposal;
            if (modelled)
                proposal = propose(context);
            if (!proposal)
                proposal = explored_.newcomer(context.rng);
            if (modelled && proposal)
                imagine(proposal->genotype);
            return proposal;
        });
    }

    void tell(std::span<const Trial> trials) override {
        for (const Trial& trial : trials) {
            const Eigen::RowVectorXd point = features_.point(trial.genotype);
            if (const std::optional<double> excess = excess_of(trial, limits_)) {
                broken_ = broken_ || *excess > 0.0;
                excesses_.push_back(*excess);
                of_excesses_.push_back(told_.size());
                excess_.add(point);
            }
            if (const std::optional<Output> output = output_of(trial)) {
                measured_ += output->kind == Output::Kind::measured ? 1 : 0;
                outputs_.push_back(*output);
                of_outputs_.push_back(told_.size());
                loss_.add(point);
            }
            explored_.tell(trial.genotype);
            told_.push_back({.genotype = trial.genotype,
                             .met = !trial.objectives.empty() && trial.violation <= 0.0});
        }
    }

  private:
    struct Told {
        Genotype genotype;
        bool met = false;  // measured, and within all limits
    };

    SurrogateOptions surrogate_options() const {
        return {.axis_of = features_.axis_of(),
                .noise = options_.deterministic ? Noise::none : Noise::learned,
                .most = options_.most};
    }

    bool is_modelled() const {
        return told_.size() >= options_.startup && measured_ >= 2 && !features_.axes().empty();
    }

    void begin_models(std::span<const Candidate> pending) {
        loss_.update();
        if (broken_)
            excess_.update();
        for (const Candidate& each : pending)
            imagine(each.genotype);
    }

    void imagine(const Genotype& genotype) {
        const Eigen::RowVectorXd point = features_.point(genotype);
        loss_.imagine(point);
        if (broken_)
            excess_.imagine(point);
    }

    std::optional<Proposal> propose(const AskContext& context) {
        const std::vector<Standing> standing = ranked();
        std::optional<double> best;
        if (!standing.empty())
            best = standing.front().mean;
        Acquisition acquisition{
            .values = [&](std::span<const Genotype>,
                          const Points& points) { return values(points, best); },
            .sloped = [&](const Genotype&,
                          const Eigen::RowVectorXd& point,
                          Eigen::RowVectorXd& gradient) { return sloped(point, best, gradient); },
            .lengths = loss_.process().weights.cwiseSqrt().cwiseInverse()};
        const std::vector<Maximum> maxima =
            maximise(acquisition, features_, space_, incumbents(standing), effort(), context.rng);
        for (const Maximum& each : maxima)
            if (explored_.is_new(each.genotype, context.known))
                return describe(each, best);
        return std::nullopt;
    }

    // A trial that meets the limits, or is imagined, and the mean that the model has for it.
    struct Standing {
        double mean = 0.0;
        std::optional<std::size_t> told;
    };

    // By ascending mean. The model's mean and not what was measured, which may be luck.
    std::vector<Standing> ranked() const {
        const Surrogate::Fitted fitted = loss_.fitted();
        std::vector<Standing> standing;
        for (std::size_t i = 0; i < fitted.observations.size(); ++i) {
            const double mean = fitted.means[static_cast<Eigen::Index>(i)];
            const std::size_t output = fitted.observations[i];
            if (output >= outputs_.size()) {
                if (!broken_)
                    standing.push_back({.mean = mean});
            } else if (told_[of_outputs_[output]].met) {
                standing.push_back({.mean = mean, .told = of_outputs_[output]});
            }
        }
        std::ranges::stable_sort(standing, {}, &Standing::mean);
        return standing;
    }

    // The best trials; while none meets the limits, those that are the least over them.
    std::vector<Genotype> incumbents(const std::vector<Standing>& standing) const {
        constexpr std::size_t kIncumbents = 5;
        std::vector<Genotype> result;
        for (const Standing& each : standing)
            if (each.told && result.size() < kIncumbents)
                result.push_back(told_[*each.told].genotype);
        if (!result.empty())
            return result;
        std::vector<std::size_t> order(excesses_.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::ranges::stable_sort(order, {}, [&](std::size_t i) { return excesses_[i]; });
        for (const std::size_t each : order)
            if (result.size() < kIncumbents)
                result.push_back(told_[of_excesses_[each]].genotype);
        return result;
    }

    MaximiseOptions effort() const {
        constexpr double kWork = 1.5e7;  // multiply-adds for all candidates
        constexpr std::size_t kLeast = 128;
        constexpr std::size_t kSmall = 128;
        const auto trials = static_cast<double>(std::min(loss_.size(), options_.most));
        const std::size_t affordable =
            std::max(kLeast, static_cast<std::size_t>(kWork / (0.5 * trials * trials)));
        const std::size_t candidates = std::min(options_.candidates, affordable);
        return {.spread = candidates / 2,
                .near = candidates - candidates / 2,
                .climbs = loss_.size() <= kSmall ? std::size_t{10} : std::size_t{4}};
    }

    Eigen::VectorXd values(const Points& points, const std::optional<double>& best) const {
        Eigen::VectorXd result = Eigen::VectorXd::Zero(points.rows());
        if (best) {
            const Surrogate::Prediction loss = loss_.predict(points);
            for (Eigen::Index i = 0; i < result.size(); ++i)
                result[i] +=
                    log_expected_improvement(*best, loss.mean[i], std::sqrt(loss.variance[i]))
                        .value;
        }
        if (broken_) {
            const Surrogate::Prediction excess = excess_.predict(points);
            for (Eigen::Index i = 0; i < result.size(); ++i)
                result[i] +=
                    log_probability_below(0.0, excess.mean[i], std::sqrt(excess.variance[i])).value;
        }
        return result;
    }

    double sloped(const Eigen::RowVectorXd& point,
                  const std::optional<double>& best,
                  Eigen::RowVectorXd& gradient) const {
        double value = 0.0;
        gradient.setZero();
        const auto add = [&](const Acquired& acquired, const Surrogate::Sloped& at) {
            value += acquired.value;
            gradient += acquired.by_mean * at.mean_slope + acquired.by_stddev * at.stddev_slope;
        };
        if (best) {
            const Surrogate::Sloped loss = loss_.predict_sloped(point);
            add(log_expected_improvement(*best, loss.mean, loss.stddev), loss);
        }
        if (broken_) {
            const Surrogate::Sloped excess = excess_.predict_sloped(point);
            add(log_probability_below(0.0, excess.mean, excess.stddev), excess);
        }
        return value;
    }

    Proposal describe(const Maximum& maximum, const std::optional<double>& best) const {
        const Eigen::RowVectorXd point = features_.point(maximum.genotype);
        const Targets targets(outputs_);
        const Surrogate::Prediction loss = loss_.predict(point);
        const double mean = loss.mean[0];
        const double stddev = std::sqrt(loss.variance[0]);
        std::string reason =
            best ? fmt::format("log expected improvement {:.4g}: predicted {:.4g} +- {:.2g}",
                               log_expected_improvement(*best, mean, stddev).value,
                               targets.value(mean),
                               0.5 * (targets.value(mean + stddev) - targets.value(mean - stddev)))
                 : "no trial is within the limits";
        if (broken_) {
            const Surrogate::Prediction excess = excess_.predict(point);
            reason += fmt::format(
                "; within the limits with probability {:.3g}",
                std::exp(log_probability_below(0.0, excess.mean[0], std::sqrt(excess.variance[0]))
                             .value));
        }
        return {.genotype = maximum.genotype, .attributes = {{"reason", json_text(reason)}}};
    }

    GpOptions options_;
    const spaces::SearchSpace& space_;
    Limits limits_;
    Features features_;
    Explored explored_;
    std::vector<Told> told_;
    std::size_t measured_ = 0;
    bool broken_ = false;  // a limit, by any trial
    // What is modelled, and which told trial each is of.
    std::vector<Output> outputs_;
    std::vector<std::size_t> of_outputs_;
    std::vector<double> excesses_;
    std::vector<std::size_t> of_excesses_;
    Surrogate loss_;
    Surrogate excess_;
};

}  // namespace

GpOptions read_gp(ObjectReader& options) {
    GpOptions result;
    const auto count = [&](std::string_view key, std::size_t otherwise, Range<std::int64_t> range) {
        return static_cast<std::size_t>(
            options.integer(key, static_cast<std::int64_t>(otherwise), range));
    };
    result.startup = count("startup", result.startup, {.low = 1, .high = 100'000});
    result.deterministic = options.boolean("deterministic", result.deterministic);
    result.most = count("most", result.most, {.low = 16, .high = 20'000});
    result.candidates = count("candidates", result.candidates, {.low = 16, .high = 100'000});
    return result;
}

std::unique_ptr<Sampler> make_gp_sampler(const GpOptions& options, const SamplerSetup& setup) {
    if (setup.objectives != 1)
        throw Error(ErrorKind::invalid_input,
                    fmt::format("gp searches for one objective: got {}", setup.objectives),
                    "/strategy");
    return std::make_unique<Gp>(options, setup);
}

}  // namespace parnas::search
