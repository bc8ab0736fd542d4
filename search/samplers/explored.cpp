// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/explored.h"

#include <algorithm>
#include <utility>

#include "search/points/enumeration.h"

namespace parnas::search {
namespace {

constexpr int kBlindDraws = 64;  // before the rest of a small space is listed

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
    pending_ = pending;
    proposed_.clear();
}

void Explored::propose(const Genotype& genotype) {
    proposed_.push_back(genotype);
}

bool Explored::is_new(const Genotype& genotype, const Known& known) {
    if (repeats_ == Repeats::allowed)
        return true;
    for (const Genotype& each : unidentified_)
        identities_.insert(known(each).identity);
    unidentified_.clear();
    const Digest identity = known(genotype).identity;
    const auto is_same = [&](const Genotype& each) { return known(each).identity == identity; };
    return !identities_.contains(identity) &&
           std::ranges::none_of(pending_, is_same, &Candidate::genotype) &&
           std::ranges::none_of(proposed_, is_same);
}

bool Explored::unproposed(const Genotype& genotype) const {
    return !told_.contains(spaces::hash(genotype)) &&
           std::ranges::find(pending_, genotype, &Candidate::genotype) == pending_.end() &&
           std::ranges::find(proposed_, genotype) == proposed_.end();
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

std::optional<Proposal> Explored::newcomer(Rng& rng) {
    std::optional<Genotype> genotype = draw(rng);
    if (!genotype)
        return std::nullopt;
    return Proposal{.genotype = *std::move(genotype), .attributes = {{"reason", "\"random\""}}};
}

std::vector<Proposal> Explored::collect(
    std::size_t count,
    const std::function<std::optional<Proposal>(std::size_t made)>& next) {
    std::vector<Proposal> proposals;
    while (proposals.size() < count) {
        std::optional<Proposal> proposal = next(proposals.size());
        if (!proposal)
            break;
        propose(proposal->genotype);
        proposals.push_back(*std::move(proposal));
    }
    return proposals;
}

void Explored::list_remaining() {
    if (remaining_) {
        std::erase_if(*remaining_,
                      [&](const Genotype& each) { return told_.contains(spaces::hash(each)); });
        return;
    }
    remaining_.emplace();
    const Enumeration all(space_.params());
    for (std::uint64_t i = 0; i < all.size(); ++i) {
        Genotype genotype = all.at(i);
        if (space_.feasible(genotype) && !told_.contains(spaces::hash(genotype)))
            remaining_->push_back(std::move(genotype));
    }
}

}  // namespace parnas::search
