// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/explored.h"

#include <algorithm>
#include <functional>

namespace parnas::search {
namespace {

constexpr double kSmallSpace = 1e6;
constexpr int kBlindDraws = 64;  // before the rest of a small space is listed

// Every normalised genotype, feasible or not.
void for_each_genotype(std::span<const spaces::Param> params,
                       Genotype& genotype,
                       std::size_t index,
                       const std::function<void(const Genotype&)>& visit) {
    if (index == params.size()) {
        visit(genotype);
        return;
    }
    const spaces::Domain& domain = params[index].domain;
    genotype.values[index] = spaces::first_value(domain);
    // Conditions look at earlier parameters only, so the later ones do not matter here.
    const std::uint64_t count =
        spaces::active(params, genotype)[index] ? spaces::cardinality(domain).value() : 1;
    for (std::uint64_t i = 0; i < count; ++i) {
        genotype.values[index] = spaces::value_at(domain, i);
        for_each_genotype(params, genotype, index + 1, visit);
    }
    genotype.values[index] = spaces::first_value(domain);
}

Genotype first_genotype(std::span<const spaces::Param> params) {
    Genotype genotype;
    for (const spaces::Param& param : params)
        genotype.values.push_back(spaces::first_value(param.domain));
    return genotype;
}

}  // namespace

Repeats read_repeats(ObjectReader& options) {
    return options.boolean("repeats", false) ? Repeats::allowed : Repeats::refused;
}

Explored::Explored(const spaces::SearchSpace& space, Repeats repeats)
    : space_(space),
      repeats_(repeats),
      small_(spaces::cardinality(space.params()) <= kSmallSpace) {}

void Explored::tell(const Genotype& genotype) {
    if (repeats_ == Repeats::allowed)
        return;
    unidentified_.push_back(genotype);
    if (small_)
        told_.insert(spaces::hash(genotype));
}

void Explored::begin_ask(std::span<const Candidate> pending) {
    taken_.clear();
    for (const Candidate& candidate : pending)
        taken_.push_back(candidate.genotype);
}

void Explored::propose(const Genotype& genotype) {
    taken_.push_back(genotype);
}

bool Explored::is_new(const Genotype& genotype, const Known& known) {
    if (repeats_ == Repeats::allowed)
        return true;
    for (const Genotype& each : unidentified_)
        identities_.insert(known(each).identity);
    unidentified_.clear();
    const Digest identity = known(genotype).identity;
    return !identities_.contains(identity) &&
           std::ranges::none_of(
               taken_, [&](const Genotype& each) { return known(each).identity == identity; });
}

bool Explored::unproposed(const Genotype& genotype) const {
    return !told_.contains(spaces::hash(genotype)) &&
           std::ranges::find(taken_, genotype) == taken_.end();
}

std::optional<Genotype> Explored::draw(Rng& rng) {
    if (!small_ || repeats_ == Repeats::allowed)
        return spaces::sample_feasible(space_, rng);
    for (int i = 0; i < kBlindDraws; ++i) {
        Genotype genotype = spaces::sample(space_.params(), rng);
        if (space_.feasible(genotype) && unproposed(genotype))
            return genotype;
    }
    list_remaining();
    std::vector<const Genotype*> open;
    for (const Genotype& genotype : *remaining_)
        if (unproposed(genotype))
            open.push_back(&genotype);
    if (open.empty())
        return std::nullopt;
    return *rng.pick(open);
}

void Explored::list_remaining() {
    if (remaining_) {
        std::erase_if(*remaining_,
                      [&](const Genotype& each) { return told_.contains(spaces::hash(each)); });
        return;
    }
    remaining_.emplace();
    Genotype genotype = first_genotype(space_.params());
    for_each_genotype(space_.params(), genotype, 0, [&](const Genotype& each) {
        if (space_.feasible(each) && !told_.contains(spaces::hash(each)))
            remaining_->push_back(each);
    });
}

}  // namespace parnas::search
