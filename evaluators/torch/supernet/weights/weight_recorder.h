// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "evaluators/torch/weight_source.h"
#include "spaces/network.h"

namespace parnas::evaluators {

// Gives no weights, but remembers which are asked for: each one, known by its name, at its
// largest size along every axis.
class WeightRecorder final : public WeightSource {
  public:
    struct Record {
        WeightSpec spec;
        std::set<spaces::Extent> kernels;  // of a convolution: the sizes that were asked for
    };

    // Throw Error(invalid_input) where a weight of one name is of two kinds.
    Weight parameter(const WeightSpec& spec) override;
    at::Tensor statistic(const WeightSpec& spec) override;

    // In the order in which they were asked for first.
    const std::vector<Record>& parameters() const { return parameters_.list; }
    const std::vector<Record>& statistics() const { return statistics_.list; }

  private:
    struct Records {
        std::vector<Record> list;
        std::map<std::string, std::size_t, std::less<>> places;
    };

    static Record& merge(Records& records, const WeightSpec& spec);

    Records parameters_;
    Records statistics_;
};

}  // namespace parnas::evaluators
