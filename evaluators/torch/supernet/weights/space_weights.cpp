// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/supernet/weights/space_weights.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/error.h"
#include "search/weight_sharing/open_values.h"
#include "spaces/covering.h"
#include "spaces/supernet.h"

namespace parnas::evaluators {
namespace {

// Adds the genotype once for each further size that its kernels may have, all kernels at
// once; the largest is there already.
void add_kernels(const spaces::SearchSpace& space,
                 const std::vector<search::Role>& roles,
                 const Genotype& genotype,
                 std::vector<Genotype>& genotypes) {
    std::size_t sizes = 1;
    std::vector<std::vector<Value>> kernels(roles.size());  // from the largest down
    for (std::size_t p = 0; p < roles.size(); ++p)
        if (roles[p] == search::Role::kernel) {
            kernels[p] = search::by_size(space.params()[p].domain);
            std::ranges::reverse(kernels[p]);
            sizes = std::max(sizes, kernels[p].size());
        }
    for (std::size_t size = 1; size < sizes; ++size) {
        Genotype other = genotype;
        for (std::size_t p = 0; p < roles.size(); ++p)
            if (!kernels[p].empty())
                other.values[p] = kernels[p][std::min(size, kernels[p].size() - 1)];
        other = spaces::normalised(space.params(), std::move(other));
        if (space.feasible(other))
            genotypes.push_back(std::move(other));
    }
}

}  // namespace

std::vector<spaces::Network> covering_networks(const spaces::SearchSpace& space) {
    const std::vector<search::Role> roles = search::roles(space);
    std::vector<Genotype> genotypes = spaces::covering_genotypes(space);
    const std::size_t covering = genotypes.size();
    for (std::size_t i = 0; i < covering; ++i)
        add_kernels(space, roles, Genotype(genotypes[i]), genotypes);
    std::vector<spaces::Network> networks;
    for (const Genotype& genotype : genotypes)
        networks.push_back(*space.decode(genotype).network);
    return networks;
}

spaces::Network open_network(const spaces::SearchSpace& space) {
    const spaces::Template* blueprint = space.shared_weights();
    check(blueprint != nullptr, "a supernet's space has a template");
    spaces::SupernetOptions options{.base = search::full_genotype(space)};
    const std::vector<spaces::Openness> openness =
        spaces::open_parameters(*blueprint, space.params().size());
    options.options.resize(openness.size());
    for (std::size_t p = 0; p < openness.size(); ++p) {
        if (openness[p] != spaces::Openness::options && openness[p] != spaces::Openness::edges)
            continue;
        options.options[p].resize(
            std::get<spaces::Categorical>(space.params()[p].domain).choices.size());
        std::iota(options.options[p].begin(), options.options[p].end(), std::size_t{0});
    }
    return spaces::keep_choices(*blueprint, space.params(), options).network;
}

}  // namespace parnas::evaluators
