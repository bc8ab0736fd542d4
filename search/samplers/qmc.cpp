// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/qmc.h"

#include "search/points/enumeration.h"
#include "search/points/low_discrepancy.h"
#include "search/samplers/sequence.h"
#include "spaces/unit_interval.h"

namespace parnas::search {
namespace {

constexpr std::uint64_t kCycles = 4;

PointSequence make_points(const QmcOptions& options, const SamplerSetup& setup) {
    const std::size_t dimensions = setup.space.params().size();
    std::optional<Rng> scramble;
    if (options.scramble)
        scramble = Rng(setup.seed).fork("qmc");
    return options.sequence == QmcOptions::Sequence::sobol ? make_sobol(dimensions, scramble)
                                                           : make_halton(dimensions, scramble);
}

}  // namespace

QmcOptions read_qmc(ObjectReader& options) {
    return {.sequence = options.word("sequence", {"sobol", "halton"}, "sobol") == 0
                            ? QmcOptions::Sequence::sobol
                            : QmcOptions::Sequence::halton,
            .scramble = options.boolean("scramble", true)};
}

std::unique_ptr<Sampler> make_qmc_sampler(const QmcOptions& options, const SamplerSetup& setup) {
    const std::span<const spaces::Param> params = setup.space.params();
    std::optional<Enumeration> all;
    if (spaces::cardinality(params) <= kSmallSpace)
        all.emplace(params);
    return make_sequence_sampler(
        [params, all, points = make_points(options, setup)](
            std::uint64_t index) -> std::optional<Genotype> {
            if (!all || index < kCycles * all->size())
                return spaces::from_unit(params, points(index));
            index -= kCycles * all->size();
            return index < all->size() ? std::optional(all->at(index)) : std::nullopt;
        },
        "the next quasi-random point",
        setup);
}

}  // namespace parnas::search
