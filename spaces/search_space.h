// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "core/scalar.h"
#include "core/trial.h"
#include "spaces/network.h"
#include "spaces/param.h"

namespace parnas::spaces {

struct Template;

struct Decoded {
    std::shared_ptr<const Network> network;  // null: a pure HPO space
    Assignment values;                       // what is not architecture: lr, batch, ...
};

// What can be searched. Immutable and thread-safe.
class SearchSpace {
  public:
    virtual ~SearchSpace() = default;
    // Versioned: "cell201@1". A change that alters any decoded network gets a new version.
    virtual std::string_view name() const = 0;
    // The document that makes this space again, as JSON text; it is kept with the study.
    virtual std::string_view document() const = 0;
    virtual std::span<const Param> params() const = 0;
    // False where a `require` does not hold; such genotypes are never proposed.
    virtual bool feasible(const Genotype&) const { return true; }
    // The genotype must be valid and feasible. Throws Error(invalid_input) otherwise.
    virtual Decoded decode(const Genotype& genotype) const = 0;
    // The choices kept: what a supernet is built from. Null for spaces that only decode.
    virtual const Template* shared_weights() const { return nullptr; }
};

// A random feasible genotype, by rejection. Throws Error(invalid_input) after 10,000
// rejections: the space's requirements leave (nearly) nothing.
Genotype sample_feasible(const SearchSpace& space, Rng& rng);

}  // namespace parnas::spaces
