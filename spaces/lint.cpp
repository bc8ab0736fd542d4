// SPDX-License-Identifier: Apache-2.0
#include "spaces/lint.h"

#include <algorithm>
#include <set>

#include "spaces/canonical.h"
#include "spaces/supernet.h"
#include "spaces/template_decoder.h"

namespace parnas::spaces {
namespace {

void widen(std::optional<Span<std::int64_t>>& span, std::int64_t value) {
    if (!span)
        span = {value, value};
    span->low = std::min(span->low, value);
    span->high = std::max(span->high, value);
}

std::vector<std::string> closed_parameters(const SearchSpace& space) {
    const std::vector<Openness> roles =
        open_parameters(*space.shared_weights(), space.params().size());
    std::vector<std::string> names;
    for (ParamIndex i = 0; i < roles.size(); ++i)
        if (roles[i] == Openness::closed)
            names.push_back(space.params()[i].name);
    return names;
}

}  // namespace

LintReport lint(const SearchSpace& space, const LintOptions& options) {
    LintReport report{.cardinality = cardinality(space.params()), .samples = options.samples};
    Faults faults;
    std::set<Digest> architectures;
    std::size_t feasible = 0;
    Rng rng(options.seed);
    for (std::size_t i = 0; i < options.samples; ++i) {
        const Genotype genotype = sample(space.params(), rng);
        try {
            if (!space.feasible(genotype))
                continue;
            ++feasible;
            if (const Template* blueprint = space.shared_weights())
                check_choices(*blueprint,
                              space.params(),
                              genotype,
                              [&faults](const std::string& path, const std::string& message) {
                                  faults.add(path, message);
                              });
            const Decoded decoded = space.decode(genotype);
            if (!decoded.network) {
                architectures.insert(hash(genotype));
                continue;
            }
            architectures.insert(canonical_hash(*decoded.network));
            const Count cost = count(*decoded.network);
            widen(report.parameters, cost.parameters);
            widen(report.multiply_adds, cost.multiply_adds);
        } catch (const Error& error) {
            for (const Fault& fault : error.faults())
                faults.add(fault.where, fault.message);
        }
    }
    report.faults = faults.list();
    report.shares_weights = space.shared_weights() != nullptr && report.faults.empty();
    if (report.shares_weights)
        report.closed = closed_parameters(space);
    const auto share = [](std::size_t part, std::size_t whole) {
        return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
    };
    report.feasible = share(feasible, options.samples);
    report.distinct = share(architectures.size(), feasible);
    return report;
}

}  // namespace parnas::spaces
