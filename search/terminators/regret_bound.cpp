// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include <fmt/format.h>

#include "search/gp/features.h"
#include "search/gp/fit.h"
#include "search/gp/posterior.h"
#include "search/samplers/variation.h"
#include "search/terminators/terminators.h"

namespace parnas::search {
namespace {

constexpr std::size_t kMostModelled = 150;      // trials: a fit is O(n^3)
constexpr std::size_t kLowerBoundDraws = 2000;  // where the lower bound is looked for
constexpr int kRefinements = 8;                 // of 100 variations of the best so far
constexpr int kVariations = 100;

// A trial as the process takes it.
struct Seen {
    double value = 0.0;  // minimised
    Genotype genotype;
};

class RegretBound final : public Terminator {
  public:
    RegretBound(double below, double delta, const TerminatorSetup& setup)
        : below_(below),
          delta_(delta),
          space_(setup.space),
          metric_(setup.objectives[0].metric),
          seed_(setup.seed),
          features_(setup.space.params()) {}

    void tell(const Trial& trial) override {
        if (trial.stage != Stage::search || trial.fidelity < 1.0)
            return;
        ++trials_;
        if (trial.state == TrialState::complete && trial.violation <= 0.0)
            seen_.push_back({.value = trial.objectives[0], .genotype = trial.genotype});
    }

    std::optional<std::string> verdict() override {
        if (!looks_after(trials_) || seen_.size() < 2)
            return std::nullopt;
        const double bound = regret_bound();
        if (bound > below_)
            return std::nullopt;
        return fmt::format(
            "regret bound: the best {} is within {:.3g} of the optimum with "
            "probability {:.3g}, not above {:.3g}",
            metric_,
            bound,
            1.0 - delta_,
            below_);
    }

  private:
    // Mean and deviation of the process, in units of the standardised values.
    struct Bounds {
        Eigen::VectorXd mean;
        Eigen::VectorXd stddev;
    };

    // What the process learned, asked for bounds.
    class Model {
      public:
        Model(const Points& points, const Eigen::VectorXd& targets, const Features& features)
            : points_(points) {
            const MaternProcess process =
                fit({.points = points, .targets = targets, .axis_of = features.axis_of()},
                    MaternProcess::initial(static_cast<Eigen::Index>(features.axes().size())),
                    {});
            kernel_ = process.kernel(features.axis_of());
            posterior_ = Posterior(kernel_.gram(points), process.noise);
            posterior_.set_targets(targets);
        }

        Bounds at(const Points& points) const {
            const Eigen::MatrixXd cross = kernel_.cross(points_, points);
            const Eigen::VectorXd self = Eigen::VectorXd::Constant(points.rows(), kernel_.variance);
            return {.mean = posterior_.mean(cross),
                    .stddev = posterior_.variance(cross, self).cwiseSqrt()};
        }

      private:
        const Points& points_;
        Matern kernel_;
        Posterior posterior_;
    };

    // By value, at most kMostModelled: all of the better ones and every so many of the others. What
    // is worse than the median counts as the median: it says where not to look, and its scale
    // would drown the differences at the optimum.
    std::vector<Seen> modelled() const {
        std::vector<Seen> all = seen_;
        std::ranges::stable_sort(all, {}, &Seen::value);
        const double median = all[all.size() / 2].value;
        const std::size_t better = std::min(all.size(), kMostModelled / 2);
        const std::size_t step = 1 + (all.size() - better) / (kMostModelled - better + 1);
        std::vector<Seen> chosen;
        for (std::size_t i = 0; i < all.size(); i += i < better ? 1 : step)
            chosen.push_back(
                {.value = std::min(all[i].value, median), .genotype = std::move(all[i].genotype)});
        return chosen;
    }

    Points points_of(const std::vector<Genotype>& genotypes) const {
        Points points(static_cast<Eigen::Index>(genotypes.size()), features_.coordinates());
        for (std::size_t i = 0; i < genotypes.size(); ++i)
            points.row(static_cast<Eigen::Index>(i)) = features_.point(genotypes[i]);
        return points;
    }

    double regret_bound() const {
        std::vector<double> values;
        std::vector<Genotype> genotypes;
        for (Seen& each : modelled()) {
            values.push_back(each.value);
            genotypes.push_back(std::move(each.genotype));
        }
        const Standardised targets = standardise(values);
        const Points points = points_of(genotypes);
        const Model model(points, targets.values, features_);
        // beta of Srinivas et al. (ICML 2010), divided by 5 as there in the experiments.
        const double pi = std::numbers::pi;
        const auto n = static_cast<double>(seen_.size());
        const auto d = static_cast<double>(space_.params().size());
        const double width =
            std::sqrt(std::max(0.0, 2.0 * std::log(d * n * n * pi * pi / (6.0 * delta_)) / 5.0));
        const Bounds at_best = model.at(points);
        const double upper = (at_best.mean + width * at_best.stddev).minCoeff();
        return targets.stddev *
               std::max(0.0, upper - least_lower_bound(model, width, std::move(genotypes)));
    }

    // Over random points, those that were seen, and variations of the best of them.
    double least_lower_bound(const Model& model,
                             double width,
                             std::vector<Genotype> candidates) const {
        Rng rng = Rng(seed_).fork("regret bound").fork(trials_);
        for (std::size_t i = 0; i < kLowerBoundDraws; ++i)
            candidates.push_back(spaces::sample_feasible(space_, rng));
        double least = std::numeric_limits<double>::infinity();
        Genotype best;
        for (int round = 0; round <= kRefinements; ++round) {
            const Bounds bounds = model.at(points_of(candidates));
            Eigen::Index index = 0;
            const double lower = (bounds.mean - width * bounds.stddev).minCoeff(&index);
            if (lower < least) {
                least = lower;
                best = candidates[static_cast<std::size_t>(index)];
            }
            candidates.clear();
            for (int i = 0; i < kVariations; ++i) {
                Genotype genotype = mutate_each(space_.params(), best, rng).genotype;
                if (space_.feasible(genotype))
                    candidates.push_back(std::move(genotype));
            }
            if (candidates.empty())
                break;
        }
        return least;
    }

    double below_;
    double delta_;
    const spaces::SearchSpace& space_;
    std::string metric_;
    std::uint64_t seed_;
    Features features_;
    std::size_t trials_ = 0;
    std::vector<Seen> seen_;
};

}  // namespace

std::unique_ptr<Terminator> make_regret_bound(ObjectReader& options, const TerminatorSetup& setup) {
    if (setup.objectives.size() > 1)
        options.fault("type",
                      "a regret bound takes one objective; expected 'stagnation' or "
                      "'expected_gain', which look at the hypervolume of several");
    return std::make_unique<RegretBound>(options.real("below", {.low = 0.0}),
                                         options.real("delta", 0.1, {.low = 1e-6, .high = 0.5}),
                                         setup);
}

}  // namespace parnas::search
