// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/json.h"
#include "spaces/network.h"

namespace parnas::rest {

// The schema `counts` of the contract.
Json counts_json(const spaces::Network& network);

// How many nodes do the same: {"conv out=16 kernel=3x3": 4}.
std::map<std::string, std::int64_t> count_ops(const spaces::Network& network);

}  // namespace parnas::rest
