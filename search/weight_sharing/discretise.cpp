// SPDX-License-Identifier: Apache-2.0
#include "search/weight_sharing/discretise.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <queue>
#include <set>

#include "core/error.h"

namespace parnas::search {
namespace {

using spaces::ParamIndex;

constexpr double kNever = -std::numeric_limits<double>::infinity();
constexpr int kMaxSteps = 10'000;

double log_of(double weight) {
    return weight > 0.0 ? std::log(weight) : kNever;
}

// One decision: a parameter with the preference of each of its values.
struct Decision {
    ParamIndex param = 0;
    std::vector<double> preferences;
    std::vector<std::size_t> ranked;  // values by preference, without those that never are

    double loss(std::size_t rank) const {
        return preferences[ranked.front()] - preferences[ranked[rank]];
    }
};

Decision decide(ParamIndex param, std::vector<double> preferences) {
    Decision decision{.param = param, .preferences = std::move(preferences)};
    for (std::size_t i = 0; i < decision.preferences.size(); ++i)
        if (decision.preferences[i] > kNever)
            decision.ranked.push_back(i);
    std::ranges::stable_sort(
        decision.ranked, std::greater<>(), [&](std::size_t i) { return decision.preferences[i]; });
    return decision;
}

class Discretiser {
  public:
    Discretiser(const spaces::SearchSpace& space,
                const OpenChoices& open,
                Preferences preferences,
                const Genotype& base,
                const DiscretiseOptions& options)
        : space_(space),
          open_(open),
          preferences_(std::move(preferences)),
          base_(base),
          options_(options) {
        for (const OpenChoice& choice : open_.choices)
            if (drops_none(choice))
                forbid(choice, choice.is_none);
    }

    std::optional<Genotype> run() {
        while (options_.max_skips) {
            const std::optional<Genotype> best = most_preferred();
            if (!best)
                return best;
            const OpenChoice* excess = weakest_excess_skip(*best);
            if (excess == nullptr)
                break;
            forbid(*excess, excess->is_skip);
        }
        return most_preferred();
    }

  private:
    bool drops_none(const OpenChoice& choice) const {
        return options_.none == NoneRule::drop ||
               (options_.none == NoneRule::automatic && choice.on_taken_edge);
    }

    // Unless nothing else is left.
    void forbid(const OpenChoice& choice, const std::vector<bool>& options) {
        std::vector<double> left = preferences_.options[choice.param];
        for (std::size_t i = 0; i < left.size(); ++i)
            if (options[i])
                left[i] = kNever;
        if (std::ranges::any_of(left, [](double each) { return each > kNever; }))
            preferences_.options[choice.param] = std::move(left);
    }

    std::vector<Decision> decisions() const {
        std::vector<Decision> result;
        for (const OpenChoice& choice : open_.choices)
            result.push_back(decide(choice.param, preferences_.options[choice.param]));
        for (std::size_t i = 0; i < open_.nodes.size(); ++i)
            result.push_back(decide(open_.nodes[i].inputs, of_subsets(i)));
        std::erase_if(result, [](const Decision& each) { return each.ranked.empty(); });
        return result;
    }

    std::vector<double> of_subsets(std::size_t index) const {
        const OpenNode& node = open_.nodes[index];
        std::vector<double> result;
        for (const std::vector<std::size_t>& subset : node.subsets) {
            double sum = 0.0;
            for (const std::size_t edge : subset)
                sum += std::exp(preferences_.edges[index][edge] + best_option(node.choices[edge]));
            result.push_back(log_of(sum));
        }
        return result;
    }

    double best_option(const std::optional<ParamIndex>& param) const {
        if (!param)
            return 0.0;
        const auto choice = std::ranges::find(open_.choices, *param, &OpenChoice::param);
        double best = kNever;
        for (std::size_t i = 0; i < choice->is_none.size(); ++i)
            if (!choice->is_none[i])
                best = std::max(best, preferences_.options[*param][i]);
        return best;
    }

    Genotype genotype_of(const std::vector<Decision>& decisions,
                         const std::vector<std::size_t>& ranks) const {
        Genotype genotype = base_;
        for (std::size_t i = 0; i < decisions.size(); ++i)
            genotype.values[decisions[i].param] =
                static_cast<std::int64_t>(decisions[i].ranked[ranks[i]]);
        return spaces::normalised(space_.params(), std::move(genotype));
    }

    // Combinations in the order of what they lose against the best.
    std::optional<Genotype> most_preferred() const {
        struct Combination {
            double loss = 0.0;
            std::vector<std::size_t> ranks;                   // one per decision
            bool operator<(const Combination& other) const {  // the queue's first loses least
                return loss != other.loss ? loss > other.loss : ranks > other.ranks;
            }
        };
        const std::vector<Decision> all = decisions();
        std::priority_queue<Combination> queue;
        std::set<std::vector<std::size_t>> seen;
        queue.push({.ranks = std::vector<std::size_t>(all.size(), 0)});
        for (int step = 0; step < kMaxSteps && !queue.empty(); ++step) {
            const Combination best = queue.top();
            queue.pop();
            Genotype genotype = genotype_of(all, best.ranks);
            if (space_.feasible(genotype))
                return genotype;
            for (std::size_t i = 0; i < all.size(); ++i) {
                Combination next = best;
                if (++next.ranks[i] == all[i].ranked.size())
                    continue;
                next.loss += all[i].loss(next.ranks[i]) - all[i].loss(best.ranks[i]);
                if (seen.insert(next.ranks).second)
                    queue.push(std::move(next));
            }
        }
        return std::nullopt;
    }

    // Of a cell with too many; null: there is none, or none that has another option.
    const OpenChoice* weakest_excess_skip(const Genotype& genotype) const {
        const std::vector<bool> is_active = spaces::active(space_.params(), genotype);
        std::map<std::string, std::vector<const OpenChoice*>> skips;
        for (const OpenChoice& choice : open_.choices)
            if (is_active[choice.param] && !choice.cell.empty() &&
                choice.is_skip[chosen(genotype, choice.param)])
                skips[choice.cell].push_back(&choice);
        for (const auto& [cell, choices] : skips) {
            if (static_cast<std::int64_t>(choices.size()) <= *options_.max_skips)
                continue;
            const OpenChoice* weakest = nullptr;
            for (const OpenChoice* choice : choices)
                if (has_other_than_skips(*choice) &&
                    (weakest == nullptr ||
                     of_chosen(*choice, genotype) < of_chosen(*weakest, genotype)))
                    weakest = choice;
            if (weakest != nullptr)
                return weakest;
        }
        return nullptr;
    }

    bool has_other_than_skips(const OpenChoice& choice) const {
        const std::vector<double>& options = preferences_.options[choice.param];
        for (std::size_t i = 0; i < options.size(); ++i)
            if (!choice.is_skip[i] && options[i] > kNever)
                return true;
        return false;
    }

    double of_chosen(const OpenChoice& choice, const Genotype& genotype) const {
        return preferences_.options[choice.param][chosen(genotype, choice.param)];
    }

    const spaces::SearchSpace& space_;
    const OpenChoices& open_;
    Preferences preferences_;
    const Genotype& base_;
    const DiscretiseOptions& options_;
};

}  // namespace

Preferences preferences_of(const Architecture& architecture,
                           OptionWeights weights,
                           const spaces::SearchSpace& space,
                           const OpenChoices& open) {
    Preferences preferences;
    preferences.options.resize(space.params().size());
    for (const OpenChoice& choice : open.choices)
        preferences.options[choice.param].assign(choice.is_none.size(), kNever);
    for (const OpenNode& node : open.nodes)
        preferences.edges.emplace_back(node.choices.size(), 0.0);
    for (const StrengthValues& each : architecture.strengths) {
        const spaces::Strength& strength = each.strength;
        const std::vector<double> expected = expected_weights(each, weights);
        std::vector<double>* row = nullptr;
        if (strength.kind == spaces::Strength::Kind::options) {
            row = &preferences.options[strength.param];
        } else {
            const auto node = std::ranges::find(open.nodes, strength.param, &OpenNode::inputs);
            if (node != open.nodes.end())
                row = &preferences.edges[static_cast<std::size_t>(node - open.nodes.begin())];
        }
        for (std::size_t i = 0; row != nullptr && i < expected.size(); ++i)
            row->at(strength.entries[i]) = log_of(expected[i]);
    }
    return preferences;
}

void prefer_small_losses(const Architecture& losses, Preferences& preferences) {
    for (const StrengthValues& each : losses.strengths)
        for (std::size_t i = 0; i < each.values.size(); ++i)
            preferences.options.at(each.strength.param).at(each.strength.entries[i]) =
                -each.values[i];
}

std::optional<Genotype> discretise(const spaces::SearchSpace& space,
                                   const OpenChoices& open,
                                   Preferences preferences,
                                   const Genotype& base,
                                   const DiscretiseOptions& options) {
    return Discretiser(space, open, std::move(preferences), base, options).run();
}

Census take_census(const spaces::SearchSpace& space,
                   const OpenChoices& open,
                   const Genotype& genotype) {
    struct Cell {
        std::int64_t choices = 0;
        std::int64_t skips = 0;
    };
    const std::vector<bool> is_active = spaces::active(space.params(), genotype);
    std::map<std::string, Cell> cells;
    Census census;
    for (const OpenChoice& choice : open.choices) {
        if (!is_active[choice.param])
            continue;
        const std::size_t option = chosen(genotype, choice.param);
        ++census.choices;
        census.skips += choice.is_skip[option];
        census.nones += choice.is_none[option];
        ++cells[choice.cell].choices;
        cells[choice.cell].skips += choice.is_skip[option];
    }
    for (const auto& [path, cell] : cells) {
        if (!path.empty())
            census.most_skips = std::max(census.most_skips, cell.skips);
        census.has_all_skips |= cell.choices > 1 && cell.skips == cell.choices;
    }
    return census;
}

}  // namespace parnas::search
