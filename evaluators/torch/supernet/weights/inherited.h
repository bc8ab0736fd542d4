// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>

#include "core/mutex.h"
#include "core/trial.h"
#include "evaluators/torch/supernet/weights/shared_weights.h"
#include "evaluators/torch/training_loop.h"
#include "spaces/search_space.h"

namespace parnas::evaluators {

struct InheritedScore {
    Score validation;
    double train_loss = 0.0;  // of the batches that the statistics are from
};

// How good inherited weights are: statistics of batch norm from the first `images` training
// images, without augmentation, then the score on the validation part. Nothing if it was
// stopped.
std::optional<InheritedScore> score_inherited(TorchNetwork& network,
                                              const TrainingData& data,
                                              std::int64_t images,
                                              const std::stop_token& stop);

// Shared weights as a checkpoint has them. Thread-safe.
class InheritedWeights {
  public:
    // Throws Error(damaged) or Error(invalid_input) if the checkpoint is not one of `space`.
    InheritedWeights(const spaces::SearchSpace& space,
                     at::Device device,
                     std::string_view checkpoint);

    // The network with copies of its weights.
    TorchNetwork extract(const spaces::Network& network);

  private:
    Mutex mutex_;
    SharedWeights weights_ PARNAS_GUARDED_BY(mutex_);
};

// What candidates start from: a network's weights as bytes, or a checkpoint's shared ones.
using WarmStart = std::variant<std::string, std::shared_ptr<InheritedWeights>>;

// Keeps the last checkpoint that a candidate started from: most start from one. Thread-safe.
class WarmStarts {
  public:
    using Load = std::function<std::string(const ArtifactId&)>;

    WarmStart find(const ArtifactId& id,
                   const spaces::SearchSpace& space,
                   at::Device device,
                   const Load& load);

  private:
    Mutex mutex_;
    std::optional<ArtifactId> last_ PARNAS_GUARDED_BY(mutex_);
    std::shared_ptr<InheritedWeights> weights_ PARNAS_GUARDED_BY(mutex_);
};

}  // namespace parnas::evaluators
