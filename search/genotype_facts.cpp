// SPDX-License-Identifier: Apache-2.0
#include "search/genotype_facts.h"

#include <utility>

#include "core/error.h"
#include "core/scalar.h"
#include "spaces/canonical.h"
#include "spaces/count.h"

namespace parnas::search {
namespace {

Digest identity_of(const spaces::Decoded& decoded, const Digest& architecture) {
    if (decoded.values.empty())
        return architecture;
    std::string text = to_string(architecture);
    for (const auto& [name, value] : decoded.values)
        text += '\n' + name + '=' + std::to_string(value.index()) + parnas::to_string(value);
    return hash_bytes(text);
}

Metrics counted(const spaces::Network& network) {
    const spaces::Count count = spaces::count(network);
    return {{"parameters", static_cast<double>(count.parameters)},
            {"multiply_adds", static_cast<double>(count.multiply_adds)},
            {"weight_bytes", static_cast<double>(count.weight_bytes)},
            {"peak_memory_bytes",
             static_cast<double>(count.weight_bytes + count.peak_activation_bytes)}};
}

KnownFacts facts_of(const spaces::Decoded& decoded, const Digest& genotype) {
    if (!decoded.network)
        return {.identity = genotype};
    const Digest architecture = spaces::canonical_hash(*decoded.network);
    return {.identity = identity_of(decoded, architecture),
            .architecture = architecture,
            .counts = counted(*decoded.network)};
}

}  // namespace

std::shared_ptr<const KnownFacts> GenotypeFacts::look(const Genotype& genotype) {
    const Digest key = spaces::hash(genotype);
    {
        const MutexLock lock(mutex_);
        if (const auto found = known_.find(key); found != known_.end())
            return found->second;
    }
    auto facts = std::make_shared<const KnownFacts>(KnownFacts{.identity = key});
    std::optional<std::string> trouble;
    try {
        facts = std::make_shared<const KnownFacts>(facts_of(space_.decode(genotype), key));
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::unavailable)
            throw;
        trouble = error.what();
    }
    const MutexLock lock(mutex_);
    if (known_.size() >= capacity_) {
        known_.clear();
        troubles_.clear();
    }
    if (trouble)
        troubles_.try_emplace(key, *std::move(trouble));
    return known_.try_emplace(key, std::move(facts)).first->second;
}

std::optional<std::string> GenotypeFacts::trouble(const Genotype& genotype) const {
    const MutexLock lock(mutex_);
    const auto found = troubles_.find(spaces::hash(genotype));
    return found == troubles_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace parnas::search
