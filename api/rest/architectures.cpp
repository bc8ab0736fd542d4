// SPDX-License-Identifier: Apache-2.0
#include "api/rest/architectures.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "api/http/problem.h"
#include "api/rest/bodies.h"
#include "api/rest/network_counts.h"
#include "api/rest/study_json.h"
#include "search/trial_codec.h"
#include "spaces/load.h"
#include "spaces/network_json.h"

namespace parnas::rest {
namespace {

constexpr std::int64_t kScannedAtOnce = 1'000;
constexpr std::size_t kTrialsShown = 1'000;

// A trial that tried an architecture.
struct Tried {
    SeenStudy study;
    store::TrialRecord trial;
};

// Those of the studies that tried one of `wanted`, by architecture, oldest first; at most `most` of
// each.
std::map<Digest, std::vector<Tried>> find_trials(const store::Store& store,
                                                 const std::vector<SeenStudy>& studies,
                                                 const std::vector<Digest>& wanted,
                                                 std::size_t most,
                                                 const std::stop_token& stop) {
    std::map<Digest, std::vector<Tried>> found;
    for (const SeenStudy& study : studies)
        for (TrialNumber next = 0; !stop.stop_requested();) {
            const auto trials = store.trials(study.record.id, next, kScannedAtOnce);
            if (trials.empty())
                break;
            next = trials.back().number + 1;
            for (const store::TrialRecord& trial : trials)
                if (trial.architecture &&
                    std::ranges::find(wanted, *trial.architecture) != wanted.end())
                    if (auto& of_it = found[*trial.architecture]; of_it.size() < most)
                        of_it.push_back({study, trial});
        }
    return found;
}

std::shared_ptr<const spaces::Network> decode(const Tried& tried) {
    const Json job = parse_json(tried.study.record.spec.job, tried.study.record.spec.name);
    const auto space = spaces::load_space(job["space"], job.value("base", "/"));
    return space->decode(search::TrialCodec(space->params()).from_text(tried.trial.genotype))
        .network;
}

// Of the first trial that has one. Throws HttpError(404).
std::shared_ptr<const spaces::Network> network_of(
    const Digest& architecture,
    const std::map<Digest, std::vector<Tried>>& found) {
    if (const auto of_it = found.find(architecture); of_it != found.end())
        for (const Tried& tried : of_it->second)
            if (!tried.study.record.spec.job.empty() && !tried.trial.genotype.empty())
                return decode(tried);
    throw http::HttpError(404, "no trial tried the architecture '" + to_string(architecture) + "'");
}

Json tried_json(const Tried& tried) {
    const Json trial = trial_json(tried.study, tried.trial, TrialDetail::listed);
    return {{"study", tried.study.record.spec.name},
            {"trial", tried.trial.number},
            {"state", trial["state"]},
            {"values", trial["values"]},
            {"metrics", trial["metrics"]}};
}

http::Response get_architecture(const Call& call, const Service& service) {
    const Digest architecture = digest_from_string(call.text("architecture"));
    const std::optional<std::string> name = call.optional_text("study");
    const std::vector<SeenStudy> studies =
        name ? std::vector{find_study(call.caller(), service.store, *name)}
             : studies_seen_by(call.caller(), service.store);
    const auto found =
        find_trials(service.store, studies, {architecture}, kTrialsShown, call.request().stop);
    const auto network = network_of(architecture, found);
    Json trials = Json::array();
    for (const Tried& tried : found.at(architecture))
        trials.push_back(tried_json(tried));
    return http::make_json(200,
                           {{"architecture", to_string(architecture)},
                            {"counts", counts_json(*network)},
                            {"network", spaces::to_json(*network)},
                            {"trials", std::move(trials)}});
}

using OpCounts = std::map<std::string, std::int64_t>;

// What all have: of each op as many as the one with the fewest.
OpCounts common_ops(const std::vector<OpCounts>& all) {
    OpCounts fewest;
    std::map<std::string, std::size_t> havers;
    for (const OpCounts& each : all)
        for (const auto& [op, count] : each) {
            const auto known = fewest.emplace(op, count).first;
            known->second = std::min(known->second, count);
            ++havers[op];
        }
    std::erase_if(fewest, [&](const auto& entry) { return havers[entry.first] < all.size(); });
    return fewest;
}

OpCounts without(OpCounts ops, const OpCounts& common) {
    for (const auto& [op, count] : common)
        ops[op] -= count;
    std::erase_if(ops, [](const auto& entry) { return entry.second == 0; });
    return ops;
}

std::vector<Digest> read_architectures(const Call& call) {
    return read_body(call, [](ObjectReader& body) {
        std::vector<Digest> architectures;
        if (const Json* list = body.need("architectures"))
            for (const Json& each : *list)
                architectures.push_back(digest_from_string(each.get<std::string>()));
        return architectures;
    });
}

http::Response compare_architectures(const Call& call, const Service& service) {
    const std::vector<Digest> wanted = read_architectures(call);
    const auto found = find_trials(service.store,
                                   studies_seen_by(call.caller(), service.store),
                                   wanted,
                                   1,
                                   call.request().stop);
    std::vector<std::shared_ptr<const spaces::Network>> networks;
    std::vector<OpCounts> ops;
    for (const Digest& each : wanted) {
        networks.push_back(network_of(each, found));
        ops.push_back(count_ops(*networks.back()));
    }
    const OpCounts common = common_ops(ops);
    Json shown = Json::array();
    for (std::size_t i = 0; i < wanted.size(); ++i)
        shown.push_back({{"architecture", to_string(wanted[i])},
                         {"counts", counts_json(*networks[i])},
                         {"ops", without(ops[i], common)}});
    return http::make_json(200, {{"architectures", std::move(shown)}, {"common", common}});
}

}  // namespace

void add_architectures(Operations& operations, const Service& service) {
    operations["get_architecture"] = [&service](const Call& call) {
        return get_architecture(call, service);
    };
    operations["compare_architectures"] = [&service](const Call& call) {
        return compare_architectures(call, service);
    };
}

}  // namespace parnas::rest
