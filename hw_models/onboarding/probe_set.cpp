// SPDX-License-Identifier: Apache-2.0
#include "hw_models/onboarding/probe_set.h"

#include <set>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/object_reader.h"
#include "core/scalar.h"
#include "hw_models/fitting/fitted_model.h"
#include "hw_models/target_json.h"
#include "spaces/canonical.h"
#include "spaces/count.h"
#include "spaces/load.h"

namespace parnas::hw_models {
namespace {

constexpr std::size_t kPoolSize = 400;
constexpr std::size_t kMostDraws = 4 * kPoolSize;
constexpr std::size_t kMostProbes = 10'000;
constexpr const char* kProbesFormat = "parnas-probes";
constexpr std::int64_t kProbesVersion = 1;

Probe make_probe(const spaces::SearchSpace& space, Genotype genotype) {
    Probe probe{.genotype = std::move(genotype)};
    probe.network = space.decode(probe.genotype).network;
    if (probe.network == nullptr)
        throw Error(ErrorKind::invalid_input,
                    "a space of hyperparameters alone has no networks to measure",
                    std::string(space.name()));
    probe.architecture = spaces::canonical_hash(*probe.network);
    return probe;
}

Json to_json(const spaces::SearchSpace& space, const Probe& probe, std::size_t index) {
    Json genotype = Json::object();
    for (const auto& [name, value] : spaces::to_assignment(space.params(), probe.genotype))
        genotype[name] = parnas::to_json(value);
    return {{"name", probe_name(index)},
            {"architecture", to_string(probe.architecture)},
            {"multiply_adds", spaces::count(*probe.network).multiply_adds},
            {"genotype", std::move(genotype)}};
}

std::unique_ptr<spaces::SearchSpace> read_space(ObjectReader& reader) {
    const Json* reference = reader.need("space");
    const std::string digest = reader.text("space_digest");
    if (reference == nullptr)
        return nullptr;
    if (!reference->is_object() || !reference->contains("document")) {
        reader.fault("space", "expected {document: ...}");
        return nullptr;
    }
    try {
        auto space = spaces::load_space(*reference, {});
        if (!digest.empty() && digest != to_string(hash_bytes(space->document())))
            reader.fault("space_digest", "the space was changed after the probes were designed");
        return space;
    } catch (const Error& error) {
        for (const Fault& fault : error.faults())
            reader.fault("space", fmt::format("{}: {}", fault.where, fault.message));
        return nullptr;
    }
}

// What an error of a single probe says, at its genotype.
Genotype read_genotype(ObjectReader& reader, const spaces::SearchSpace& space) {
    const Json* values = reader.need("genotype");
    if (values == nullptr)
        return {};
    if (!values->is_object()) {
        reader.fault("genotype", "expected values by the names of parameters");
        return {};
    }
    Assignment assignment;
    for (const auto& [name, value] : values->items())
        assignment[name] = scalar_from_json(value);
    Genotype genotype = spaces::from_assignment(space.params(), assignment);
    if (!space.feasible(genotype))
        throw Error(ErrorKind::invalid_input, "the space does not allow this");
    return genotype;
}

Probe read_probe(ObjectReader& reader, const spaces::SearchSpace& space, std::size_t index) {
    const std::string name = reader.text("name");
    if (reader.has("name") && name != probe_name(index))
        reader.fault("name", fmt::format("expected '{}', found '{}'", probe_name(index), name));
    const std::string architecture = reader.text("architecture");
    reader.find("multiply_adds");  // for people
    try {
        Probe probe = make_probe(space, read_genotype(reader, space));
        if (reader.has("genotype") && to_string(probe.architecture) != architecture)
            reader.fault("architecture",
                         "the genotype stands for another network: the space's networks have "
                         "changed, so the measurements are of others");
        return probe;
    } catch (const Error& error) {
        for (const Fault& fault : error.faults())
            reader.fault("genotype",
                         fault.where.empty() ? fault.message
                                             : fmt::format("{}: {}", fault.where, fault.message));
        return {};
    }
}

std::vector<Probe> read_probes(ObjectReader& reader, const spaces::SearchSpace& space) {
    std::vector<Probe> probes;
    const Json* list = reader.need("probes");
    if (list == nullptr)
        return probes;
    if (!list->is_array() || list->empty() || list->size() > kMostProbes) {
        reader.fault("probes", fmt::format("expected a list of 1 to {} probes", kMostProbes));
        return probes;
    }
    std::set<Digest> seen;
    for (std::size_t i = 0; i < list->size(); ++i) {
        ObjectReader entry((*list)[i], pointer_to(reader.pointer("probes"), i), reader.faults());
        probes.push_back(read_probe(entry, space, i));
        entry.finish();
        if (!seen.insert(probes.back().architecture).second && reader.faults().empty())
            entry.fault("", "this network is among those before it");
    }
    return probes;
}

}  // namespace

std::string probe_name(std::size_t index) {
    return fmt::format("probe_{:02}", index);
}

std::vector<Probe> draw_pool(const ProbeSet& set) {
    Rng rng = Rng(set.seed).fork("pool");
    std::vector<Probe> pool;
    std::set<Digest> seen;
    for (std::size_t i = 0; i < kMostDraws && pool.size() < kPoolSize; ++i) {
        Probe probe = make_probe(*set.space, spaces::sample_feasible(*set.space, rng));
        if (seen.insert(probe.architecture).second)
            pool.push_back(std::move(probe));
    }
    if (pool.size() < 2)
        throw Error(ErrorKind::invalid_input,
                    "there is but one network in this space: measure it",
                    std::string(set.space->name()));
    return pool;
}

ProbeSet with_more_probes(ProbeSet set, const std::vector<Probe>& pool, std::size_t count) {
    std::vector<Probe> candidates = set.probes;
    std::set<Digest> there;
    std::vector<std::size_t> taken;
    for (const Probe& probe : set.probes) {
        taken.push_back(taken.size());
        there.insert(probe.architecture);
    }
    for (const Probe& probe : pool)
        if (!there.contains(probe.architecture))
            candidates.push_back(probe);
    std::vector<const spaces::Network*> networks;
    for (const Probe& probe : candidates)
        networks.push_back(probe.network.get());
    Rng rng = Rng(set.seed).fork("design").fork(set.probes.size());
    for (const std::size_t i : choose_networks(networks, count, rng, taken))
        set.probes.push_back(candidates[i]);
    return set;
}

Json to_json(const ProbeSet& set) {
    Json probes = Json::array();
    for (std::size_t i = 0; i < set.probes.size(); ++i)
        probes.push_back(to_json(*set.space, set.probes[i], i));
    return {{"format", kProbesFormat},
            {"version", kProbesVersion},
            {"space_name", set.space->name()},
            {"space_digest", to_string(hash_bytes(set.space->document()))},
            {"target", to_json(set.target)},
            {"seed", set.seed},
            {"probes", std::move(probes)},
            {"space", parse_json(set.space->document(), "space")}};
}

ProbeSet read_probe_set(const Document& document) {
    Faults faults;
    ObjectReader reader(document.root(), "", faults);
    ProbeSet set;
    reader.word("format", {kProbesFormat});
    reader.integer("version", {kProbesVersion, kProbesVersion});
    reader.find("space_name");  // for people
    // Every number of 64 bits is a seed.
    if (const Json* seed = reader.need("seed"); seed != nullptr) {
        if (seed->is_number_unsigned())
            set.seed = seed->get<std::uint64_t>();
        else
            reader.fault("seed", "expected a whole number of at least 0");
    }
    if (const Json* target = reader.need("target")) {
        ObjectReader entry(*target, reader.pointer("target"), faults);
        set.target = read_target(entry);
        entry.finish();
    }
    set.space = read_space(reader);
    if (set.space != nullptr)
        set.probes = read_probes(reader, *set.space);
    else
        reader.find("probes");
    reader.finish();
    document.throw_if_any(faults);
    return set;
}

}  // namespace parnas::hw_models
