// SPDX-License-Identifier: Apache-2.0
#include "api/rest/spaces.h"

#include <algorithm>
#include <charconv>
#include <memory>

#include <nlohmann/json.hpp>

#include "api/http/problem.h"
#include "api/rest/bodies.h"
#include "api/rest/network_counts.h"
#include "core/document.h"
#include "core/hash.h"
#include "spaces/canonical.h"
#include "spaces/load.h"

namespace parnas::rest {
namespace {

using spaces::LibrarySpace;
using spaces::SearchSpace;

// They come with the program and never change.
const std::vector<LibrarySpace>& library() {
    static const std::vector<LibrarySpace> kSpaces = spaces::library_spaces();
    return kSpaces;
}

const LibrarySpace& asked_space(const Call& call) {
    const std::string name = call.text("space");
    if (const LibrarySpace* found = spaces::find_space(library(), name))
        return *found;
    throw http::HttpError(404, "there is no space '" + name + "'");
}

// With the body's `arguments`; what is wrong with them is a fault there.
std::unique_ptr<SearchSpace> load(const LibrarySpace& space, ObjectReader& body) {
    const Json* arguments = body.find("arguments");
    try {
        Json reference = {{"name", space.name}};
        if (arguments != nullptr)
            reference["with"] = *arguments;
        return spaces::load_space(reference, {});
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::invalid_input)
            throw;
        for (const Fault& fault : error.faults())
            body.fault("arguments", fault.message);
        return nullptr;
    }
}

Json scalars_json(const std::vector<Scalar>& scalars) {
    Json json = Json::array();
    for (const Scalar& each : scalars)
        json.push_back(parnas::to_json(each));
    return json;
}

Json domain_json(const spaces::Domain& domain) {
    if (const auto* categorical = std::get_if<spaces::Categorical>(&domain))
        return {{"kind", "categorical"},
                {"choices", scalars_json(categorical->choices)},
                {"ordered", categorical->ordered}};
    if (const auto* integer = std::get_if<spaces::Integer>(&domain))
        return {{"kind", "integer"},
                {"low", integer->low},
                {"high", integer->high},
                {"step", integer->step},
                {"log", integer->log}};
    const auto& real = std::get<spaces::Real>(domain);
    Json json = {{"kind", "real"}, {"low", real.low}, {"high", real.high}, {"log", real.log}};
    if (real.step)
        json["step"] = *real.step;
    return json;
}

Json condition_json(std::span<const spaces::Param> params, const spaces::Condition& condition) {
    const spaces::Param& parent = params[condition.parent];
    Json json = {{"parent", parent.name}};
    if (const auto* interval = std::get_if<spaces::Interval>(&condition.active)) {
        json["low"] = interval->low;
        json["high"] = interval->high;
        return json;
    }
    std::vector<Scalar> values;
    for (const std::int64_t index : std::get<spaces::ChoiceSet>(condition.active).indices)
        values.push_back(spaces::to_scalar(parent.domain, index));
    json["values"] = scalars_json(values);
    return json;
}

Json params_json(std::span<const spaces::Param> params) {
    Json json = Json::array();
    for (const spaces::Param& param : params) {
        Json entry = {{"name", param.name}};
        entry.update(domain_json(param.domain));
        if (param.condition)
            entry["condition"] = condition_json(params, *param.condition);
        json.push_back(std::move(entry));
    }
    return json;
}

Json assignment_json(const Assignment& values) {
    Json json = Json::object();
    for (const auto& [name, value] : values)
        json[name] = parnas::to_json(value);
    return json;
}

// What a candidate is beyond its values: nothing in a space without networks.
void add_network(const SearchSpace& space, const Genotype& genotype, Json& json) {
    const spaces::Decoded decoded = space.decode(genotype);
    if (decoded.network == nullptr)
        return;
    json["architecture"] = to_string(spaces::canonical_hash(*decoded.network));
    json["counts"] = counts_json(*decoded.network);
}

// As lists show them; counting candidates takes a while.
const std::vector<Json>& listed_spaces() {
    static const std::vector<Json> kListed = [] {
        std::vector<Json> listed;
        for (const LibrarySpace& each : library())
            listed.push_back({{"name", each.name},
                              {"about", each.about},
                              {"cardinality",
                               spaces::cardinality(spaces::load_space(each.name, {})->params())}});
        return listed;
    }();
    return kListed;
}

http::Response list_spaces(const Call& call, const Service& service) {
    const auto page = slice(read_page(call, service.pages), listed_spaces(), [](const Json& each) {
        return each["name"].get<std::string>();
    });
    Json items = Json::array();
    for (const Json& each : page.items)
        items.push_back(each);
    return make_page(call, service.pages, std::move(items), page.last);
}

http::Response get_space(const Call& call) {
    const LibrarySpace& found = asked_space(call);
    const auto space = spaces::load_space(found.name, {});
    const Document document = Document::parse(found.text, found.name);
    return http::make_json(200,
                           {{"name", found.name},
                            {"about", found.about},
                            {"cardinality", spaces::cardinality(space->params())},
                            {"digest", to_string(hash_bytes(found.text))},
                            {"arguments", document.root().value("arguments", Json::object())},
                            {"params", params_json(space->params())},
                            {"document", found.text}});
}

struct SampleRequest {
    std::unique_ptr<SearchSpace> space;
    std::int64_t n = 0;
    std::uint64_t seed = 0;
};

SampleRequest read_sample_request(const Call& call) {
    const LibrarySpace& found = asked_space(call);
    return read_body(call, [&](ObjectReader& body) {
        SampleRequest request{.space = load(found, body), .n = body.integer("n", 10)};
        const std::string seed = body.text("seed", "0");
        std::from_chars(seed.data(), seed.data() + seed.size(), request.seed);
        return request;
    });
}

http::Response sample_space(const Call& call) {
    const SampleRequest request = read_sample_request(call);
    const SearchSpace& space = *request.space;
    const Rng seed(request.seed);
    Json items = Json::array();
    for (std::int64_t i = 0; i < request.n && !call.request().stop.stop_requested(); ++i) {
        Rng rng = seed.fork(static_cast<std::uint64_t>(i));
        const Genotype genotype = spaces::sample_feasible(space, rng);
        Json item = {{"params", assignment_json(spaces::to_assignment(space.params(), genotype))}};
        add_network(space, genotype, item);
        items.push_back(std::move(item));
    }
    return http::make_json(200,
                           {{"space", std::string(space.name())}, {"items", std::move(items)}});
}

struct ValidationRequest {
    std::unique_ptr<SearchSpace> space;
    Assignment params;
};

ValidationRequest read_validation_request(const Call& call) {
    const LibrarySpace& found = asked_space(call);
    return read_body(call, [&](ObjectReader& body) {
        ValidationRequest request{.space = load(found, body), .params = {}};
        if (const Json* params = body.need("params"))
            for (const auto& [name, value] : params->items())
                request.params[name] = scalar_from_json(value);
        return request;
    });
}

http::Response validate_candidate(const Call& call) {
    const ValidationRequest request = read_validation_request(call);
    const SearchSpace& space = *request.space;
    Json answer = {{"valid", false}, {"errors", Json::array()}};
    try {
        const Genotype genotype = spaces::from_assignment(space.params(), request.params);
        if (!space.feasible(genotype))
            throw Error(ErrorKind::invalid_input, "it does not meet what the space requires");
        add_network(space, genotype, answer);
        answer["valid"] = true;
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::invalid_input)
            throw;
        for (const Fault& fault : error.faults())
            answer["errors"].push_back({{"param", fault.where}, {"message", fault.message}});
    }
    return http::make_json(200, answer);
}

}  // namespace

void add_spaces(Operations& operations, const Service& service) {
    operations["list_spaces"] = [&service](const Call& call) { return list_spaces(call, service); };
    operations["get_space"] = get_space;
    operations["sample_space"] = sample_space;
    operations["validate_candidate"] = validate_candidate;
}

}  // namespace parnas::rest
