// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "core/mutex.h"
#include "search/sampler.h"
#include "spaces/search_space.h"

namespace parnas::search {

// What the genotypes of a space mean, without the target: each is decoded, counted and
// hashed once and then remembered; when `capacity` of them are (65,536 take about 40 MB), all
// are forgotten. Thread-safe; studies of one space may share it.
class GenotypeFacts {
  public:
    // Keeps a reference.
    explicit GenotypeFacts(const spaces::SearchSpace& space, std::size_t capacity = 65'536)
        : space_(space), capacity_(capacity) {}

    // The genotype must be feasible for the space. Never null.
    // Of one whose space is somebody else's and did not decode it, Error(unavailable), nothing
    // is known but its identity.
    std::shared_ptr<const KnownFacts> look(const Genotype& genotype);
    // Why nothing is known of a genotype that look() was asked for.
    std::optional<std::string> trouble(const Genotype& genotype) const;

  private:
    const spaces::SearchSpace& space_;
    std::size_t capacity_;
    mutable Mutex mutex_;
    std::unordered_map<Digest, std::shared_ptr<const KnownFacts>> known_ PARNAS_GUARDED_BY(mutex_);
    std::unordered_map<Digest, std::string> troubles_ PARNAS_GUARDED_BY(mutex_);
};

}  // namespace parnas::search
