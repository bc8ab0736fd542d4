// SPDX-License-Identifier: Apache-2.0
#include "spaces/lint.h"

#include <algorithm>
#include <set>

#include "spaces/canonical.h"
#include "spaces/decodes_many.h"
#include "spaces/simplify.h"
#include "spaces/supernet.h"
#include "spaces/template_decoder.h"

namespace parnas::spaces {
namespace {

void widen(std::optional<Span<std::int64_t>>& span, std::int64_t value) {
    if (!span)
        span = {value, value};
    span->low = std::min(span->low, value);
    span->high = std::max(span->high, value);
}

std::vector<std::string> closed_parameters(const SearchSpace& space) {
    const std::vector<Openness> roles =
        open_parameters(*space.shared_weights(), space.params().size());
    std::vector<std::string> names;
    for (ParamIndex i = 0; i < roles.size(); ++i)
        if (roles[i] == Openness::closed)
            names.push_back(space.params()[i].name);
    return names;
}

// Tries to find a feasible candidate with each value.
constexpr int kTriesPerValue = 200;

// Sets the parameter, and what it depends on so that it is active.
void force(std::span<const Param> params,
           ParamIndex index,
           const Value& value,
           Genotype& genotype) {
    genotype.values[index] = value;
    if (!params[index].condition)
        return;
    const Condition& condition = *params[index].condition;
    Value parent = genotype.values[condition.parent];
    if (!holds(condition, parent)) {
        if (const auto* set = std::get_if<ChoiceSet>(&condition.active))
            parent = Value(set->indices.front());
        else
            parent =
                clamp(params[condition.parent].domain, std::get<Interval>(condition.active).low);
    }
    force(params, condition.parent, parent, genotype);
}

bool is_reachable(const SearchSpace& space, ParamIndex index, const Value& value, Rng& rng) {
    for (int i = 0; i < kTriesPerValue; ++i) {
        Genotype genotype = sample(space.params(), rng);
        force(space.params(), index, value, genotype);
        if (space.feasible(normalised(space.params(), std::move(genotype))))
            return true;
    }
    return false;
}

// Of categorical parameters, whose values somebody wrote down one by one.
std::vector<std::string> unreachable_values(const SearchSpace& space, std::uint64_t seed) {
    std::vector<std::string> names;
    Rng rng(seed);
    for (ParamIndex i = 0; i < space.params().size(); ++i) {
        const Param& param = space.params()[i];
        const auto* categorical = std::get_if<Categorical>(&param.domain);
        for (std::size_t choice = 0; categorical != nullptr && choice < categorical->choices.size();
             ++choice)
            if (!is_reachable(space, i, Value(static_cast<std::int64_t>(choice)), rng))
                names.push_back(param.name + '=' + parnas::to_string(categorical->choices[choice]));
    }
    return names;
}

// Whether the main output of a simplified network depends on an input.
bool depends_on_input(const Network& network) {
    std::vector<bool> live(network.inputs.size() + network.nodes.size(), false);
    std::fill_n(live.begin(), network.inputs.size(), true);
    for (std::size_t i = 0; i < network.nodes.size(); ++i) {
        const Node& node = network.nodes[i];
        live[static_cast<std::size_t>(network.id_of(i))] =
            !std::holds_alternative<Zero>(node.op) &&
            std::ranges::any_of(node.inputs,
                                [&](ValueId id) { return live[static_cast<std::size_t>(id)]; });
    }
    return live[static_cast<std::size_t>(network.outputs.back())];
}

bool is_within(const std::map<std::string, double>& limits, const Count& cost) {
    const std::map<std::string, std::int64_t> counts = {
        {"parameters", cost.parameters},
        {"multiply_adds", cost.multiply_adds},
        {"weight_bytes", cost.weight_bytes},
        {"peak_memory_bytes", cost.weight_bytes + cost.peak_activation_bytes}};
    return std::ranges::all_of(limits, [&](const auto& limit) {
        const auto found = counts.find(limit.first);
        if (found == counts.end())
            throw Error(ErrorKind::invalid_input,
                        "is no count; known are parameters, multiply_adds, weight_bytes and "
                        "peak_memory_bytes",
                        limit.first);
        return static_cast<double>(found->second) <= limit.second;
    });
}

double share(double part, std::size_t whole) {
    return whole == 0 ? 0.0 : part / static_cast<double>(whole);
}

// The feasible ones of a sample, with their choices tried; what is wrong goes to `faults`.
std::vector<Genotype> draw_feasible(const SearchSpace& space,
                                    const LintOptions& options,
                                    Faults& faults) {
    std::vector<Genotype> feasible;
    Rng rng(options.seed);
    for (std::size_t i = 0; i < options.samples; ++i) {
        const Genotype genotype = sample(space.params(), rng);
        try {
            if (!space.feasible(genotype))
                continue;
            feasible.push_back(genotype);
            if (const Template* blueprint = space.shared_weights())
                check_choices(*blueprint,
                              space.params(),
                              genotype,
                              [&faults](const std::string& path, const std::string& message) {
                                  faults.add(path, message);
                              });
        } catch (const Error& error) {
            for (const Fault& fault : error.faults())
                faults.add(fault.where, fault.message);
        }
    }
    return feasible;
}

}  // namespace

LintReport lint(const SearchSpace& space, const LintOptions& options) {
    static_cast<void>(is_within(options.limits, Count{}));
    LintReport report{.cardinality = cardinality(space.params()), .samples = options.samples};
    Faults faults;
    std::set<Digest> architectures;
    const std::vector<Genotype> feasible = draw_feasible(space, options, faults);
    std::size_t networks = 0;
    double dead = 0.0;
    double idle = 0.0;
    double within = 0.0;
    const auto look = [&](const Genotype& genotype, const Decoded& decoded) {
        if (!decoded.network) {
            architectures.insert(hash(genotype));
            return;
        }
        architectures.insert(canonical_hash(*decoded.network));
        const Count cost = count(*decoded.network);
        widen(report.parameters, cost.parameters);
        widen(report.multiply_adds, cost.multiply_adds);
        const Network simple = simplify(*decoded.network);
        ++networks;
        dead += depends_on_input(simple) ? 0.0 : 1.0;
        idle +=
            1.0 - share(static_cast<double>(simple.nodes.size()), decoded.network->nodes.size());
        within += is_within(options.limits, cost) ? 1.0 : 0.0;
    };
    const auto decoded = decode_all(space, feasible);
    for (std::size_t i = 0; i < feasible.size(); ++i) {
        try {
            if (const auto* error = std::get_if<Error>(&decoded[i]))
                throw *error;
            look(feasible[i], std::get<Decoded>(decoded[i]));
        } catch (const Error& error) {
            for (const Fault& fault : error.faults())
                faults.add(fault.where, fault.message);
        }
    }
    report.faults = faults.list();
    if (report.faults.empty())
        report.unreachable = unreachable_values(space, options.seed);
    report.shares_weights = space.shared_weights() != nullptr && report.faults.empty();
    if (report.shares_weights)
        report.closed = closed_parameters(space);
    report.feasible = share(static_cast<double>(feasible.size()), options.samples);
    report.distinct = share(static_cast<double>(architectures.size()), feasible.size());
    report.dead = share(dead, networks);
    report.idle = share(idle, networks);
    if (!options.limits.empty() && networks > 0)
        report.within = share(within, networks);
    return report;
}

}  // namespace parnas::spaces
