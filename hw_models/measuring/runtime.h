// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "core/object_reader.h"
#include "core/registry.h"
#include "hw_models/hardware_model.h"
#include "spaces/network.h"

namespace parnas::hw_models {

// A network that is ready to run on inputs of its own. Belongs to the thread that loaded it.
class Runner {
  public:
    virtual ~Runner() = default;
    // One inference of one batch, with all that a user of the runtime would pay for.
    virtual void run() = 0;
};

// A program that runs networks on this machine, in one setting. Const and thread-safe.
class Runtime {
  public:
    virtual ~Runtime() = default;
    virtual const Target& target() const = 0;
    // With random weights and inputs, both normal: zeros would be faster than anything real.
    // Throws Error(invalid_input) for a network that is not valid or that the runtime cannot
    // run.
    virtual std::unique_ptr<Runner> load(const spaces::Network& network) const = 0;
};

// Reads its setting from the job's `target` object, where a value that it does not support is a
// fault, and files relative to `base`.
using RuntimeFactory = std::function<std::unique_ptr<Runtime>(ObjectReader& options,
                                                              const std::filesystem::path& base)>;
using RuntimeRegistry = Registry<RuntimeFactory>;

}  // namespace parnas::hw_models
