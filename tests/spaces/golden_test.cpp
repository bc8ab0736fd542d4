// SPDX-License-Identifier: Apache-2.0
#include "tests/support/golden.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "spaces/canonical.h"
#include "spaces/count.h"
#include "spaces/load.h"
#include "tests/support/catch.h"

namespace parnas::spaces {

// Stores keep genotypes and networks' hashes. Who changes a network gives its space a new version
// (and a section of its own here); a changed hash needs a new name for the stored key.
TEST_CASE("the genotypes of built-in spaces keep their networks and hashes",
          "[spaces][library][golden]") {
    std::string text;
    for (const LibrarySpace& library : library_spaces()) {
        const auto space = load_space(library.name, ".");
        text += fmt::format("[{}]\nparameters: {}\n", space->name(), space->params().size());
        Rng rng(1);
        for (int i = 0; i < 4; ++i) {
            const Genotype genotype = sample_feasible(*space, rng);
            const auto network = space->decode(genotype).network;
            const Count cost = count(*network);
            text += fmt::format("genotype {}: network {}, {} nodes, {} weights, {} multiply-adds\n",
                                i,
                                to_string(canonical_hash(*network)),
                                network->nodes.size(),
                                cost.parameters,
                                cost.multiply_adds);
        }
        text += '\n';
    }
    tests::check_golden("library_spaces.txt", text);
}

}  // namespace parnas::spaces
