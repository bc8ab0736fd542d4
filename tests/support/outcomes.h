// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <variant>

#include "core/trial.h"
#include "tests/support/catch.h"

namespace parnas::tests {

// Fails the test if the candidate failed.
inline Metrics metrics_of(const Outcome& outcome) {
    const auto* failure = std::get_if<Failure>(&outcome);
    INFO((failure != nullptr ? failure->reason : ""));
    REQUIRE(failure == nullptr);
    return std::get<Measurement>(outcome).metrics;
}

}  // namespace parnas::tests
