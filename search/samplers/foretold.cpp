// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/foretold.h"

namespace parnas::search {

bool is_foretold(const Predict& predict,
                 const Genotype& genotype,
                 const Metrics& measured,
                 const std::string& metric) {
    const auto found = measured.find(metric);
    if (!predict || found == measured.end())
        return false;
    const Metrics foretold = predict(genotype).metrics;
    const auto said = foretold.find(metric);
    return said != foretold.end() && said->second == found->second;
}

}  // namespace parnas::search
