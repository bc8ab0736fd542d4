// SPDX-License-Identifier: Apache-2.0
#include "hw_models/onboarding/fit_probes.h"

#include <fmt/format.h>

#include "core/error.h"
#include "hw_models/fitting/fitted_model.h"
#include "hw_models/fitting/network_features.h"
#include "hw_models/target_kinds.h"

namespace parnas::hw_models {
namespace {

KnownTarget known_from(const Document& document) {
    return known_target(read_predictor(document, network_schema()));
}

bool is_predictor(const Document& document) {
    return kind_of(document).word == "predictor";
}

}  // namespace

FittedProbes fit_probes(const ProbeSet& set,
                        const std::vector<Probe>& pool,
                        const std::vector<ProbeTimes>& times,
                        const std::vector<KnownTarget>& known,
                        double most_error) {
    std::vector<const spaces::Network*> space;
    for (const Probe& probe : pool)
        space.push_back(probe.network.get());
    std::vector<Measured> measured;
    std::vector<std::string> missing;
    std::int64_t disturbed = 0;
    for (std::size_t i = 0; i < set.probes.size(); ++i) {
        if (times[i].repetitions.empty()) {
            missing.push_back(probe_name(i));
            continue;
        }
        measured.push_back({.network = set.probes[i].network.get(), .latency = times[i].median()});
        disturbed += times[i].disturbed ? 1 : 0;
    }
    if (measured.size() < 2)
        throw Error(ErrorKind::invalid_input,
                    fmt::format("{} of {} probes {} measured; a fit needs two at least",
                                measured.size(),
                                set.probes.size(),
                                measured.size() == 1 ? "is" : "are"));
    FittedProbes fitted{.document = fit_networks(set.target, measured, space, known),
                        .assessment = {},
                        .missing = std::move(missing),
                        .disturbed = disturbed};
    fitted.document.provenance.space = std::string(set.space->name());
    fitted.assessment = assess(fitted.document, space, most_error);
    return fitted;
}

KnownPredictors named_predictors(const TargetLibrary& library,
                                 const std::vector<std::string>& references,
                                 const std::filesystem::path& base) {
    KnownPredictors found;
    for (const std::string& reference : references) {
        const Document document = library.resolve(reference, base);
        if (!is_predictor(document))
            throw Error(ErrorKind::invalid_input,
                        "this target is no predictor; those are made by `parnas targets onboard`",
                        document.source());
        found.targets.push_back(known_from(document));
    }
    return found;
}

KnownPredictors own_predictors(const TargetLibrary& library, const Target& target) {
    KnownPredictors found;
    for (const TargetEntry& entry : library.list()) {
        if (entry.origin != TargetOrigin::own)
            continue;
        try {
            const Document document = library.open(entry);
            if (!is_predictor(document))
                continue;
            KnownTarget known = known_from(document);
            if (known.name != target.name)
                found.targets.push_back(std::move(known));
        } catch (const Error& error) {
            found.unusable.push_back(error.faults().front());
        }
    }
    return found;
}

}  // namespace parnas::hw_models
