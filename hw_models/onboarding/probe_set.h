// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/document.h"
#include "core/hash.h"
#include "core/json.h"
#include "core/trial.h"
#include "hw_models/hardware_model.h"
#include "spaces/search_space.h"

namespace parnas::hw_models {

// A network that is to be measured on a new target.
struct Probe {
    Genotype genotype;
    std::shared_ptr<const spaces::Network> network;
    Digest architecture;  // the network's canonical hash
};

// Which networks of a space are measured on a target, in the order in which they were designed.
// A value.
struct ProbeSet {
    std::shared_ptr<const spaces::SearchSpace> space;
    Target target;
    std::uint64_t seed = 0;  // of the pool, the design and the probes' weights
    std::vector<Probe> probes;
};

// "probe_07": the probe's name wherever it is told of, and of its file.
std::string probe_name(std::size_t index);

// Up to 400 random networks of the set's space, no two alike: what probes are chosen from, and what
// stands for the space when a fit is judged. The same for the same space and seed. Throws
// Error(invalid_input) if the space has no networks or less than two of them.
std::vector<Probe> draw_pool(const ProbeSet& set);

// The set with `count` probes more, which its pool is asked for; those that are there stay as they
// are. Fewer if the pool has no more: none twice.
ProbeSet with_more_probes(ProbeSet set, const std::vector<Probe>& pool, std::size_t count);

// Format "parnas-probes", version 1: docs/targets.md, "A new target in ten measurements".
Json to_json(const ProbeSet& set);

// The networks are decoded again, and must be those that were exported: probes of a space that
// this program reads otherwise are refused. Throws Error(invalid_input) with all faults.
ProbeSet read_probe_set(const Document& document);

}  // namespace parnas::hw_models
