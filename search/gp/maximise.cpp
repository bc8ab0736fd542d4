// SPDX-License-Identifier: Apache-2.0
#include "search/gp/maximise.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <unordered_set>
#include <utility>

#include "search/gp/lbfgs.h"
#include "search/points/low_discrepancy.h"
#include "search/samplers/variation.h"
#include "spaces/unit_interval.h"

namespace parnas::search {
namespace {

// Numbers with more values than this move like reals; of others every value is tried.
constexpr std::uint64_t kMostTried = 32;

bool is_smooth(const spaces::Domain& domain) {
    if (std::holds_alternative<spaces::Categorical>(domain))
        return false;
    const auto count = spaces::cardinality(domain);
    return !count || *count > kMostTried;
}

class Maximisation {
  public:
    Maximisation(const Acquisition& acquisition,
                 const Features& features,
                 const spaces::SearchSpace& space,
                 const MaximiseOptions& options,
                 Rng& rng)
        : acquisition_(acquisition),
          features_(features),
          space_(space),
          params_(space.params()),
          options_(options),
          rng_(rng) {}

    std::vector<Maximum> run(std::span<const Genotype> incumbents) {
        for (const Genotype& each : incumbents)
            add(each);
        const std::size_t known = candidates_.size();
        add_spread();
        if (!incumbents.empty())
            add_near(incumbents);
        if (candidates_.empty())
            return {};
        const Eigen::VectorXd values = values_of(candidates_);
        std::vector<Maximum> maxima;
        for (const std::size_t start : starts(values, known))
            maxima.push_back(climb({.genotype = candidates_[start],
                                    .value = values[static_cast<Eigen::Index>(start)]}));
        for (std::size_t i = known; i < candidates_.size(); ++i)
            maxima.push_back({.genotype = std::move(candidates_[i]),
                              .value = values[static_cast<Eigen::Index>(i)]});
        std::ranges::stable_sort(maxima, std::ranges::greater{}, &Maximum::value);
        return without_repeats(std::move(maxima));
    }

  private:
    // An axis along which an active number moves.
    struct Mover {
        const Features::Axis* axis = nullptr;
        double length = 1.0;
    };

    void add(Genotype genotype) {
        if (space_.feasible(genotype) && seen_.insert(spaces::hash(genotype)).second)
            candidates_.push_back(std::move(genotype));
    }

    void add_spread() {
        if (params_.size() > kMostSobolDimensions) {
            for (std::size_t i = 0; i < options_.spread; ++i)
                add(spaces::sample(params_, rng_));
            return;
        }
        const PointSequence points = make_sobol(params_.size(), rng_.fork(rng_.next()));
        for (std::size_t i = 0; i < options_.spread; ++i)
            add(spaces::from_unit(params_, points(i)));
    }

    void add_near(std::span<const Genotype> incumbents) {
        for (std::size_t i = 0; i < options_.near; ++i)
            add(perturbed(incumbents[i % incumbents.size()]));
    }

    // Some numbers move by a share of their length scale, each other parameter rarely changes.
    Genotype perturbed(const Genotype& incumbent) {
        const std::vector<bool> active = spaces::active(params_, incumbent);
        Genotype genotype = incumbent;
        const double share = std::exp(rng_.uniform(std::log(0.01), std::log(1.0)));
        const double chance = rng_.uniform();
        const double others =
            1.0 / static_cast<double>(std::max<std::size_t>(
                      1, static_cast<std::size_t>(std::ranges::count(active, true))));
        for (std::size_t i = 0; i < features_.axes().size(); ++i) {
            const spaces::ParamIndex param = features_.axes()[i].param;
            if (!active[param])
                continue;
            const spaces::Domain& domain = params_[param].domain;
            Value& value = genotype.values[param];
            if (is_smooth(domain)) {
                const double step =
                    share * std::min(0.5, acquisition_.lengths[static_cast<Eigen::Index>(i)]);
                if (rng_.chance(chance))
                    value = spaces::from_unit(
                        domain, spaces::to_unit(domain, value) + step * rng_.normal());
            } else if (rng_.chance(others)) {
                value = different_value(domain, value, rng_).value_or(value);
            }
        }
        return spaces::normalised(params_, woken(incumbent, std::move(genotype)));
    }

    // What a changed parent wakes gets a value at random.
    Genotype woken(const Genotype& before, Genotype after) {
        const std::vector<bool> was = spaces::active(params_, before);
        for (spaces::ParamIndex i = 0; i < params_.size(); ++i)
            if (!was[i])
                after.values[i] = spaces::sample(params_[i].domain, rng_);
        return after;
    }

    Points points_of(const std::vector<Genotype>& genotypes) const {
        Points points(static_cast<Eigen::Index>(genotypes.size()), features_.coordinates());
        for (std::size_t i = 0; i < genotypes.size(); ++i)
            points.row(static_cast<Eigen::Index>(i)) = features_.point(genotypes[i]);
        return points;
    }

    Eigen::VectorXd values_of(const std::vector<Genotype>& genotypes) const {
        return acquisition_.values(genotypes, points_of(genotypes));
    }

    // The first incumbent, the best candidate, and others by chance.
    std::vector<std::size_t> starts(const Eigen::VectorXd& values, std::size_t known) {
        std::vector<std::size_t> result;
        const std::size_t count = std::min(options_.climbs, candidates_.size());
        if (known > 0)
            result.push_back(0);
        Eigen::Index best = 0;
        const double most = values.maxCoeff(&best);
        if (std::ranges::find(result, static_cast<std::size_t>(best)) == result.end())
            result.push_back(static_cast<std::size_t>(best));
        Eigen::VectorXd chances = (values.array() - most).exp();
        for (const std::size_t each : result)
            chances[static_cast<Eigen::Index>(each)] = 0.0;
        while (result.size() < count) {
            const double total = chances.sum();
            if (!(total > 0.0))
                break;
            double left = rng_.uniform() * total;
            Eigen::Index drawn = 0;
            while (drawn + 1 < chances.size() && left >= chances[drawn])
                left -= chances[drawn++];
            result.push_back(static_cast<std::size_t>(drawn));
            chances[drawn] = 0.0;
        }
        return result;
    }

    Maximum climb(Maximum here) {
        constexpr int kRounds = 4;
        for (int i = 0; i < kRounds; ++i) {
            move(here);
            if (!exchange(here))
                break;
        }
        return here;
    }

    std::vector<Mover> movers(const Genotype& genotype) const {
        const std::vector<bool> active = spaces::active(params_, genotype);
        std::vector<Mover> result;
        for (std::size_t i = 0; i < features_.axes().size(); ++i) {
            const Features::Axis& axis = features_.axes()[i];
            if (active[axis.param] && is_smooth(params_[axis.param].domain))
                result.push_back(
                    {.axis = &axis, .length = acquisition_.lengths[static_cast<Eigen::Index>(i)]});
        }
        return result;
    }

    // L-BFGS over the numbers.
    void move(Maximum& here) const {
        const std::vector<Mover> moving = movers(here.genotype);
        if (moving.empty())
            return;
        const auto size = static_cast<Eigen::Index>(moving.size());
        Eigen::VectorXd start(size);
        LbfgsOptions limits{.iterations = options_.steps,
                            .gradient_tolerance = 1e-4,
                            .value_tolerance = 1e-6,
                            .lower = Eigen::VectorXd::Zero(size),
                            .upper = Eigen::VectorXd(size)};
        for (Eigen::Index i = 0; i < size; ++i) {
            const Mover& each = moving[static_cast<std::size_t>(i)];
            const spaces::ParamIndex param = each.axis->param;
            limits.upper[i] = 1.0 / each.length;
            start[i] =
                spaces::to_unit(params_[param].domain, here.genotype.values[param]) / each.length;
        }
        Eigen::RowVectorXd point = features_.point(here.genotype);
        Eigen::RowVectorXd slopes(point.size());
        const auto negated = [&](const Eigen::VectorXd& x, Eigen::VectorXd& gradient) {
            for (Eigen::Index i = 0; i < size; ++i) {
                const Mover& each = moving[static_cast<std::size_t>(i)];
                Features::place(*each.axis, x[i] * each.length, point);
            }
            const double value = acquisition_.sloped(here.genotype, point, slopes);
            for (Eigen::Index i = 0; i < size; ++i) {
                const Mover& each = moving[static_cast<std::size_t>(i)];
                gradient[i] =
                    -each.length * Features::slope(*each.axis, x[i] * each.length, slopes);
            }
            return -value;
        };
        const Minimum found = minimise(negated, start, limits);
        Genotype genotype = here.genotype;
        for (Eigen::Index i = 0; i < size; ++i) {
            const Mover& each = moving[static_cast<std::size_t>(i)];
            genotype.values[each.axis->param] =
                spaces::from_unit(params_[each.axis->param].domain, found.x[i] * each.length);
        }
        take_best(here, {spaces::normalised(params_, std::move(genotype))});
    }

    // Each parameter of few values in turn gets the best of them; whether that helped.
    bool exchange(Maximum& here) {
        bool helped = false;
        for (const Features::Axis& axis : features_.axes()) {
            const spaces::Domain& domain = params_[axis.param].domain;
            if (is_smooth(domain) || !spaces::active(params_, here.genotype)[axis.param])
                continue;
            std::vector<Genotype> others;
            for (const Value& value : values_near(domain, here.genotype.values[axis.param])) {
                const Edit edit{.param = axis.param, .value = value};
                others.push_back(edited(params_, here.genotype, edit, rng_));
            }
            helped = take_best(here, std::move(others)) || helped;
        }
        return helped;
    }

    // All other values, or of very many some at random.
    std::vector<Value> values_near(const spaces::Domain& domain, const Value& value) {
        const std::uint64_t count = *spaces::cardinality(domain);
        std::vector<Value> values;
        if (count > kMostTried) {
            for (std::uint64_t i = 0; i < kMostTried; ++i)
                values.push_back(spaces::sample(domain, rng_));
        } else {
            for (std::uint64_t i = 0; i < count; ++i)
                values.push_back(spaces::value_at(domain, i));
        }
        std::erase(values, value);
        return values;
    }

    bool take_best(Maximum& here, std::vector<Genotype> others) const {
        std::erase_if(others, [&](const Genotype& each) { return !space_.feasible(each); });
        if (others.empty())
            return false;
        Eigen::Index best = 0;
        const double value = values_of(others).maxCoeff(&best);
        if (!(value > here.value))
            return false;
        here = {.genotype = std::move(others[static_cast<std::size_t>(best)]), .value = value};
        return true;
    }

    static std::vector<Maximum> without_repeats(std::vector<Maximum> maxima) {
        std::unordered_set<Digest> seen;
        std::erase_if(maxima, [&](const Maximum& each) {
            return !seen.insert(spaces::hash(each.genotype)).second;
        });
        return maxima;
    }

    const Acquisition& acquisition_;
    const Features& features_;
    const spaces::SearchSpace& space_;
    std::span<const spaces::Param> params_;
    const MaximiseOptions& options_;
    Rng& rng_;
    std::vector<Genotype> candidates_;
    std::unordered_set<Digest> seen_;
};

}  // namespace

std::vector<Maximum> maximise(const Acquisition& acquisition,
                              const Features& features,
                              const spaces::SearchSpace& space,
                              std::span<const Genotype> incumbents,
                              const MaximiseOptions& options,
                              Rng& rng) {
    return Maximisation(acquisition, features, space, options, rng).run(incumbents);
}

}  // namespace parnas::search
