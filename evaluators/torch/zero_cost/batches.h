// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/rng.h"
#include "evaluators/torch/training_data.h"
#include "spaces/search_space.h"

namespace parnas::evaluators {

// Where the samples come from that untrained networks are scored on. Const and thread-safe.
class Batches {
  public:
    virtual ~Batches() = default;
    // Why there are none for this network of the space.
    virtual std::optional<std::string> misfit(const spaces::SearchSpace& space,
                                              const spaces::Network& network) const = 0;
    // `count` batches of `size` samples without a common one, for a network that fits; smaller
    // ones if there are not so many samples, and then at least of two.
    virtual std::vector<Samples> draw(const spaces::Network& network,
                                      std::size_t count,
                                      std::int64_t size,
                                      Rng& rng) const = 0;
};

// Of the training part, without augmentation. Keeps a reference.
std::unique_ptr<Batches> make_data_batches(const TrainingData& data);

// Standard normal values and labels of any class, for networks with one input of numbers and
// one vector as their answer.
std::unique_ptr<Batches> make_random_batches();

}  // namespace parnas::evaluators
