// SPDX-License-Identifier: Apache-2.0
#include "search/screen.h"

#include <utility>

#include "core/error.h"
#include "core/scalar.h"
#include "spaces/canonical.h"
#include "spaces/count.h"

namespace parnas::search {
namespace {

constexpr std::size_t kRemembered = 512;

Digest identity_of(const spaces::Decoded& decoded, const Digest& architecture) {
    if (decoded.values.empty())
        return architecture;
    std::string text = to_string(architecture);
    for (const auto& [name, value] : decoded.values)
        text += '\n' + name + '=' + std::to_string(value.index()) + to_string(value);
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

void add_estimate(const hw_models::Estimate& estimate, Metrics& metrics) {
    metrics["latency_ms"] = estimate.latency_ms;
    metrics["latency_low_ms"] = estimate.low_ms;
    metrics["latency_high_ms"] = estimate.high_ms;
    metrics["peak_memory_bytes"] = static_cast<double>(estimate.peak_memory_bytes);
    if (estimate.energy_mj)
        metrics["energy_mj"] = *estimate.energy_mj;
}

template <typename Map>
void make_room(Map& map) {
    if (map.size() >= kRemembered)
        map.clear();
}

}  // namespace

Screen::Screen(const spaces::SearchSpace& space,
               const hw_models::HardwareModel* model,
               Limits limits)
    : space_(space), model_(model), limits_(std::move(limits)) {}

std::shared_ptr<const Screened> Screen::look(const Genotype& genotype,
                                             const std::stop_token& stop) {
    const Digest key = spaces::hash(genotype);
    if (const auto found = screened_.find(key); found != screened_.end())
        return found->second;
    const auto screened = std::make_shared<Screened>(*decoded(genotype));
    if (model_ != nullptr && screened->decoded->network)
        predict(*screened, stop);
    if (!screened->failure)
        if (auto reason = describe_violation(limits_, screened->metrics))
            screened->failure = Failure{FailureKind::infeasible, *std::move(reason)};
    make_room(screened_);
    screened_[key] = screened;
    return screened;
}

KnownFacts Screen::known(const Genotype& genotype) {
    const Entry entry = decoded(genotype);
    return {.identity = entry->identity, .counts = entry->metrics};
}

Screen::Entry Screen::decoded(const Genotype& genotype) {
    const Digest key = spaces::hash(genotype);
    if (const auto found = decoded_.find(key); found != decoded_.end())
        return found->second;
    const auto entry = std::make_shared<Screened>();
    entry->decoded = std::make_shared<const spaces::Decoded>(space_.decode(genotype));
    entry->identity = key;
    if (const auto& network = entry->decoded->network) {
        entry->architecture = spaces::canonical_hash(*network);
        entry->identity = identity_of(*entry->decoded, *entry->architecture);
        entry->metrics = counted(*network);
    }
    make_room(decoded_);
    decoded_[key] = entry;
    return entry;
}

void Screen::predict(Screened& screened, const std::stop_token& stop) {
    auto found = estimates_.find(*screened.architecture);
    if (found == estimates_.end()) {
        const spaces::Network* network = screened.decoded->network.get();
        try {
            const auto estimates = model_->estimate({&network, 1}, stop);
            found = estimates_.emplace(*screened.architecture, estimates.at(0)).first;
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::invalid_input)
                throw;
            screened.failure = Failure{FailureKind::infeasible, error.what()};
            return;
        }
    }
    add_estimate(found->second, screened.metrics);
}

}  // namespace parnas::search
