// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "search/sampler.h"

namespace parnas::tests {

using MakeSampler = std::function<std::unique_ptr<search::Sampler>(const search::SamplerSetup&)>;

// What every sampler promises (search/sampler.h). To be called inside a TEST_CASE.
void check_sampler(const MakeSampler& make);

}  // namespace parnas::tests
