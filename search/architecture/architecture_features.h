// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include <Eigen/Core>

#include "search/architecture/op_graph.h"
#include "search/gp/features.h"
#include "spaces/search_space.h"

namespace parnas::search {

// A genotype as a kernel sees it.
struct ArchitecturePoint {
    std::vector<std::pair<std::uint64_t, double>> architecture;  // by hash, ascending
    Eigen::RowVectorXd others;  // what is not architecture: places of parameters

    bool operator==(const ArchitecturePoint& other) const {
        return architecture == other.architecture && others == other.others;
    }
};

// Of the architecture alone, and of what is not architecture. Both are squared Euclidean
// distances: exp(-x) of any weighted sum of them is a kernel.
struct ArchitectureDistance {
    double architecture = 0.0;
    double others = 0.0;
};
ArchitectureDistance squared_distance(const ArchitecturePoint& a, const ArchitecturePoint& b);

// Features of the genotypes of a space, which do not change with what makes no difference:
// isomorphic cells have equal ones.
//
//   cells             of each that has choices of its own how often each op is there, and which
//                     paths of ops lead from an input to the output, without dead ops and skips
//                     (after White, Neiswanger and Savani, "BANANAS", AAAI 2021); where there may
//                     be more than 256 paths, how often each op is there with its surroundings
//                     (after Ru et al., "Interpretable NAS via Bayesian optimisation with
//                     Weisfeiler-Lehman kernels", ICLR 2021), as a vector of length 4
//   no cells          the same vector of the whole network
//   other parameters  their places, as those of any kernel (search/gp/features.h)
//
// A parameter that decides what is on a single edge of a cell is a part of its op. Const and
// thread-safe; the space must live as long.
class ArchitectureFeatures {
  public:
    explicit ArchitectureFeatures(const spaces::SearchSpace& space);

    // The genotype must be feasible.
    ArchitecturePoint point(const Genotype& genotype) const;
    bool has_cells() const { return !by_paths_.empty(); }

  private:
    const spaces::SearchSpace& space_;
    Features places_;
    std::vector<Eigen::Index> columns_;  // of the places of other parameters
    // Of every cell with choices: which kind it is. Those that share their choices are of one.
    std::map<const spaces::Cell*, std::size_t> kinds_;
    std::vector<bool> by_paths_;  // per kind
    std::vector<bool> in_cells_;  // per parameter
};

}  // namespace parnas::search
