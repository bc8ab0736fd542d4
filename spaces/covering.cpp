// SPDX-License-Identifier: Apache-2.0
#include "spaces/covering.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"
#include "spaces/overloaded.h"
#include "spaces/supernet.h"
#include "spaces/weight_sizes.h"

namespace parnas::spaces {
namespace {

constexpr std::uint64_t kMaxValues = 64;     // that are looked at of one parameter
constexpr std::size_t kMaxRepairs = 20'000;  // genotypes that are tried to make one feasible

std::optional<double> number_of(const Scalar& scalar) {
    if (const auto* integer = std::get_if<std::int64_t>(&scalar))
        return static_cast<double>(*integer);
    if (const auto* real = std::get_if<double>(&scalar))
        return *real;
    if (const auto* truth = std::get_if<bool>(&scalar))
        return *truth ? 1.0 : 0.0;
    return std::nullopt;
}

bool has_words(const Domain& domain) {
    const auto* categorical = std::get_if<Categorical>(&domain);
    return categorical != nullptr &&
           std::ranges::any_of(categorical->choices,
                               [](const Scalar& each) { return !number_of(each); });
}

// The domain's values, the largest first; words in their order. Of many, some that include
// the largest and the smallest.
std::vector<Value> descending(const Domain& domain) {
    std::vector<Value> values;
    const std::optional<std::uint64_t> count = cardinality(domain);
    if (count && *count <= kMaxValues)
        for (std::uint64_t i = 0; i < *count; ++i)
            values.push_back(value_at(domain, i));
    else if (count)
        for (std::uint64_t i = 0; i < kMaxValues; ++i)
            values.push_back(value_at(domain, (*count - 1) / (kMaxValues - 1) * i));
    else
        for (std::uint64_t i = 0; i < kMaxValues; ++i) {
            const auto& real = std::get<Real>(domain);
            const double share = static_cast<double>(i) / (kMaxValues - 1);
            values.push_back(clamp(domain, real.low + share * (real.high - real.low)));
        }
    if (count && *count > kMaxValues)
        values.push_back(value_at(domain, *count - 1));
    if (!has_words(domain))
        std::ranges::stable_sort(values, std::greater{}, [&](const Value& value) {
            return *number_of(to_scalar(domain, value));
        });
    return values;
}

// Makes genotypes that cover the values which each parameter needs.
class Planner {
  public:
    Planner(std::span<const Param> params, std::span<const Openness> roles)
        : params_(params), children_(params.size()), open_(params.size()) {
        for (ParamIndex i = 0; i < params.size(); ++i) {
            values_.push_back(descending(params[i].domain));
            if (params[i].condition)
                children_[params[i].condition->parent].push_back(i);
            const bool needs_all = roles[i] == Openness::options ||
                                   (roles[i] == Openness::closed && has_words(params[i].domain));
            if (needs_all)
                open_[i].insert(values_[i].begin(), values_[i].end());
        }
    }

    // The genotype that covers the most of what is still open; nothing if nothing is.
    std::optional<Genotype> next() {
        best_.assign(params_.size(), {});
        std::size_t gain = 0;
        for (ParamIndex i = params_.size(); i-- > 0;) {  // children before their parents
            best_[i] = best_of(i);
            if (!params_[i].condition)
                gain += best_[i].gain;
        }
        if (gain == 0)
            return std::nullopt;
        return largest();
    }

    // The genotype of the best values; before next(), of the largest.
    Genotype largest() const {
        Genotype genotype;
        for (ParamIndex i = 0; i < params_.size(); ++i)
            genotype.values.push_back(values_[i][best_.empty() ? 0 : best_[i].index]);
        return normalised(params_, std::move(genotype));
    }

    void cover(const Genotype& genotype) {
        const std::vector<bool> is_active = active(params_, genotype);
        for (ParamIndex i = 0; i < params_.size(); ++i)
            if (is_active[i])
                open_[i].erase(genotype.values[i]);
    }

    const std::vector<Value>& values(ParamIndex param) const { return values_[param]; }

  private:
    struct Best {
        std::size_t gain = 0;   // values covered below, by one genotype
        std::size_t below = 0;  // values open there: where more are, more genotypes are needed
        std::size_t index = 0;
    };

    Best best_of(ParamIndex param) const {
        Best best;
        for (std::size_t index = 0; index < values_[param].size(); ++index) {
            const Value& value = values_[param][index];
            Best each{.gain = open_[param].contains(value) ? std::size_t{1} : 0, .index = index};
            each.below = each.gain;
            for (const ParamIndex child : children_[param])
                if (holds(*params_[child].condition, value)) {
                    each.gain += best_[child].gain;
                    each.below += best_[child].below;
                }
            if (std::tie(each.gain, each.below) > std::tie(best.gain, best.below))
                best = each;
        }
        best.below = std::max(best.below, open_[param].size());
        return best;
    }

    std::span<const Param> params_;
    std::vector<std::vector<ParamIndex>> children_;
    std::vector<std::vector<Value>> values_;  // by parameter, the one to prefer first
    std::vector<std::set<Value>> open_;       // by parameter: values not yet covered
    std::vector<Best> best_;
};

class Covering {
  public:
    Covering(const SearchSpace& space, const Template& blueprint)
        : space_(&space),
          params_(space.params()),
          roles_(open_parameters(blueprint, params_.size())),
          planner_(params_, roles_) {
        for (const Requirement& requirement : blueprint.requirements)
            required_.merge(requirement.condition.params());
    }

    std::vector<Genotype> run() {
        add_options();
        for (const ParamIndex param : required_)
            add_required(param);
        for (ParamIndex param = 0; param < params_.size(); ++param)
            if (roles_[param] == Openness::closed && !has_words(params_[param].domain))
                add_smallest(param);
        return std::move(genotypes_);
    }

  private:
    void add_options() {
        std::optional<Genotype> wanted = planner_.next();
        if (!wanted)
            wanted = planner_.largest();
        while (wanted) {
            const std::optional<Genotype> genotype = repaired(*wanted, std::nullopt);
            if (genotype) {
                planner_.cover(*genotype);
                sizes_.add(*space_->decode(*genotype).network);
                genotypes_.push_back(*genotype);
            }
            planner_.cover(*wanted);  // what a requirement forbids is given up
            wanted = planner_.next();
        }
        if (genotypes_.empty())
            throw Error(ErrorKind::invalid_input,
                        fmt::format("no genotype with the largest values that the requirements of "
                                    "the space '{}' allow was found",
                                    space_->name()));
    }

    // Requirements trade numbers for each other: each may be largest at the others' expense.
    void add_required(ParamIndex param) {
        const Value largest = planner_.values(param).front();
        const std::size_t count = genotypes_.size();
        for (std::size_t i = 0; i < count; ++i) {
            Genotype genotype = genotypes_[i];
            if (genotype.values[param] == largest || !active(params_, genotype)[param])
                continue;
            for (const ParamIndex other : required_)
                if (roles_[other] == Openness::closed)
                    genotype.values[other] = planner_.values(other).front();
            if (const auto feasible = repaired(genotype, param))
                add_if_larger(*feasible);
        }
    }

    void add_smallest(ParamIndex param) {
        for (std::size_t i = 0; i < genotypes_.size(); ++i) {
            Genotype genotype = genotypes_[i];
            if (!active(params_, genotype)[param])
                continue;
            genotype.values[param] = planner_.values(param).back();
            genotype = normalised(params_, std::move(genotype));
            if (space_->feasible(genotype))
                add_if_larger(genotype);
            return;
        }
    }

    void add_if_larger(const Genotype& genotype) {
        if (sizes_.add(*space_->decode(genotype).network))
            genotypes_.push_back(genotype);
    }

    // The feasible genotype next to this one: what requirements read, except `pinned`, takes
    // values in all ways, those that are together the fewest steps away first.
    std::optional<Genotype> repaired(const Genotype& genotype, std::optional<ParamIndex> pinned) {
        if (space_->feasible(genotype))
            return genotype;
        std::vector<ParamIndex> movable;
        for (const ParamIndex param : required_)
            if (param != pinned)
                movable.push_back(param);
        std::size_t most = 0;
        for (const ParamIndex param : movable)
            most += planner_.values(param).size() - 1;
        std::size_t tries = kMaxRepairs;
        for (std::size_t steps = 1; steps <= most && tries > 0; ++steps)
            if (auto found = moved(genotype, movable, steps, tries))
                return found;
        return std::nullopt;
    }

    // Moves the first of `movable` by up to `steps`, the others by what remains of them.
    std::optional<Genotype> moved(const Genotype& genotype,
                                  std::span<const ParamIndex> movable,
                                  std::size_t steps,
                                  std::size_t& tries) {
        if (movable.empty() || tries == 0) {
            if (steps > 0 || tries == 0)
                return std::nullopt;
            --tries;
            const Genotype candidate = normalised(params_, genotype);
            return space_->feasible(candidate) ? std::optional(candidate) : std::nullopt;
        }
        const ParamIndex param = movable.front();
        const std::vector<Value>& values = planner_.values(param);
        const auto at = std::ranges::find(values, genotype.values[param]) - values.begin();
        Genotype next = genotype;
        for (std::size_t step = 0; step <= steps && step < values.size(); ++step) {
            next.values[param] = values[(static_cast<std::size_t>(at) + step) % values.size()];
            if (auto found = moved(next, movable.subspan(1), steps - step, tries))
                return found;
        }
        return std::nullopt;
    }

    const SearchSpace* space_;
    std::span<const Param> params_;
    std::vector<Openness> roles_;
    Planner planner_;
    std::set<ParamIndex> required_;  // what requirements read
    WeightSizes sizes_;
    std::vector<Genotype> genotypes_;
};

}  // namespace

std::vector<Genotype> covering_genotypes(const SearchSpace& space) {
    const Template* blueprint = space.shared_weights();
    if (blueprint == nullptr)
        throw Error(
            ErrorKind::invalid_input,
            fmt::format("the space '{}' has no network whose weights can be shared", space.name()));
    return Covering(space, *blueprint).run();
}

}  // namespace parnas::spaces
