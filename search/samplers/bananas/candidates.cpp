// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/bananas/candidates.h"

#include <map>
#include <utility>

#include "search/points/enumeration.h"
#include "search/samplers/variation.h"

namespace parnas::search {
namespace {

class Collector {
  public:
    explicit Collector(const ArchitectureFeatures& features) : features_(features) {}

    void add(Genotype genotype) {
        found_.point_of.push_back(index_of(features_.point(genotype)));
        found_.genotypes.push_back(std::move(genotype));
    }

    Candidates take() { return std::move(found_); }

  private:
    std::size_t index_of(ArchitecturePoint point) {
        std::vector<std::size_t>& alike = by_hash_[hash(point)];
        for (const std::size_t i : alike)
            if (found_.points[i] == point)
                return i;
        alike.push_back(found_.points.size());
        found_.points.push_back(std::move(point));
        return alike.back();
    }

    static std::uint64_t hash(const ArchitecturePoint& point) {
        std::uint64_t sum = 0;
        for (const auto& [key, count] : point.architecture)
            sum = sum * 31 + key;
        return sum;
    }

    const ArchitectureFeatures& features_;
    std::map<std::uint64_t, std::vector<std::size_t>> by_hash_;
    Candidates found_;
};

}  // namespace

Candidates all_candidates(const spaces::SearchSpace& space, const ArchitectureFeatures& features) {
    Collector collector(features);
    const Enumeration all(space.params());
    for (std::uint64_t i = 0; i < all.size(); ++i) {
        Genotype genotype = all.at(i);
        if (space.feasible(genotype))
            collector.add(std::move(genotype));
    }
    return collector.take();
}

Candidates near_candidates(const spaces::SearchSpace& space,
                           const ArchitectureFeatures& features,
                           std::span<const Genotype> best,
                           std::size_t count,
                           Rng& rng) {
    Collector collector(features);
    const std::size_t varied = best.empty() ? 0 : count - count / 4;
    for (std::size_t i = 0; i < varied; ++i) {
        Genotype genotype = best[rng.below(best.size())];
        for (std::uint64_t edits = 1 + rng.below(2); edits > 0; --edits)
            genotype = mutate_one(space.params(), genotype, Pick::parameter, rng).genotype;
        if (space.feasible(genotype))
            collector.add(std::move(genotype));
    }
    for (std::size_t i = varied; i < count; ++i)
        collector.add(spaces::sample_feasible(space, rng));
    return collector.take();
}

}  // namespace parnas::search
