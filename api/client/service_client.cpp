// SPDX-License-Identifier: Apache-2.0
#include "api/client/service_client.h"

#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/client/reply.h"
#include "api/client/service_error.h"
#include "core/crypto/sha256.h"
#include "core/object_reader.h"

namespace parnas::client {
namespace {

constexpr Seconds kLookUp{1.0};
constexpr double kDay = 86400.0;
constexpr int kPage = 1000;  // the most that a page may have

Call call_to(std::string method, std::string path, const Json& body, std::string key = {}) {
    return {.method = std::move(method),
            .path = std::move(path),
            .body = dump_json(body),
            .key = std::move(key)};
}

Json to_json(const TrialResult& result, std::int64_t fence) {
    Json json = {{"fence", fence},
                 {"outcome", std::string(to_string(result.kind))},
                 {"metrics", Json::object()},
                 {"cost_s", result.cost.count()}};
    for (const auto& [name, value] : result.metrics)
        json["metrics"][name] = value;
    if (result.failure)
        json["failure_kind"] = std::string(to_string(*result.failure));
    if (!result.reason.empty())
        json["reason"] = result.reason;
    if (result.weights)
        json["weights"] = *result.weights;
    return json;
}

Call lease_call(const std::string& worker, const LeaseRequest& request, const std::string& key) {
    Json body = {{"max", request.most},
                 {"wait_s", static_cast<std::int64_t>(request.wait.count())}};
    if (request.study)
        body["study"] = *request.study;
    for (const LeaseResult& each : request.results) {
        Json result = to_json(each.result, each.fence);
        result["lease"] = each.lease;
        body["results"].push_back(std::move(result));
    }
    Call call =
        call_to("POST", fmt::format("/v1/workers/{}/leases", percent_encoded(worker)), body, key);
    call.wait = request.wait;
    return call;
}

std::uint64_t read_seed(ObjectReader& reader) {
    const std::string text = reader.text("seed");
    std::uint64_t seed = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
    if (error != std::errc() || end != text.data() + text.size())
        reader.fault("seed", fmt::format("expected an integer below 2^64 as text, got '{}'", text));
    return seed;
}

LeaseGrant read_lease(const Json& json, const std::string& pointer, Faults& faults) {
    ObjectReader reader(json, pointer, faults);
    const Json* genotype = reader.need("genotype");
    if (genotype != nullptr && !genotype->is_array())
        reader.fault("genotype", "expected an array");
    return {.lease = reader.text("lease"),
            .study = reader.text("study"),
            .trial = reader.integer("trial", {.low = 0}),
            .attempt = reader.integer("attempt", {.low = 0}),
            .fence = reader.integer("fence"),
            .expires_in = Seconds(reader.real("expires_in_s", {.low = 0.0, .high = kDay})),
            .genotype = genotype == nullptr ? "" : dump_json(*genotype),
            .fidelity = reader.real("fidelity", 1.0, {.low = 0.0, .high = 1.0}),
            .stage = static_cast<Stage>(reader.word("stage", {"search", "finalist"}, "search")),
            .seed = read_seed(reader),
            .judged = reader.word("reporting", {"noted", "judged"}, "noted") == 1,
            .warm_start = reader.optional_text("warm_start")};
}

ResultAnswer read_result_answer(const Json& json, const std::string& pointer, Faults& faults) {
    constexpr double kFirst = 400;
    constexpr double kLast = 499;
    ObjectReader reader(json, pointer, faults);
    ResultAnswer answer;
    if (const Json* settled = reader.find("settled")) {
        answer.state = ObjectReader(*settled, pointer_to(pointer, "settled"), faults).text("state");
    } else if (const Json* problem = reader.need("problem")) {
        ObjectReader within(*problem, pointer_to(pointer, "problem"), faults);
        const double status = within.real("status", {.low = kFirst, .high = kLast});
        answer.refused = read_problem(*problem, static_cast<int>(status));
        if (!answer.refused)
            reader.fault("problem", "expected one");
    }
    return answer;
}

// `read` makes something of each item of a list; nothing of what is no list.
template <typename Read>
auto read_list(ObjectReader& reader, const char* name, const Json* list, const Read& read) {
    std::vector<decltype(read(*list, name, reader.faults()))> items;
    if (list != nullptr && !list->is_array())
        reader.fault(name, "expected an array");
    else if (list != nullptr)
        for (std::size_t i = 0; i < list->size(); ++i)
            items.push_back(read((*list)[i], pointer_to(pointer_to("", name), i), reader.faults()));
    return items;
}

LeaseAnswer read_leases(ObjectReader& reader) {
    LeaseAnswer answer;
    answer.leases = read_list(reader, "leases", reader.need("leases"), read_lease);
    answer.results = read_list(reader, "results", reader.find("results"), read_result_answer);
    answer.reason = reader.text("reason", "");
    if (const auto seconds = reader.optional_real("retry_after_s", {.low = 0.0, .high = kDay}))
        answer.retry_after = Seconds(*seconds);
    return answer;
}

Json json_of(const Answer& answer, const std::string& path) {
    try {
        return parse_json(answer.body, "answer");
    } catch (const Error& error) {
        throw garbled(path, error.what());
    }
}

std::string lease_path(const LeaseGrant& lease, const char* what) {
    return fmt::format("/v1/leases/{}/{}", percent_encoded(lease.lease), what);
}

}  // namespace

std::string_view to_string(ResultKind kind) {
    switch (kind) {
        case ResultKind::completed:
            return "completed";
        case ResultKind::pruned:
            return "pruned";
        case ResultKind::infeasible:
            return "infeasible";
        case ResultKind::failed:
            return "failed";
        case ResultKind::preempted:
            return "preempted";
    }
    return "";
}

ServiceClient::ServiceClient(HttpClient& http, OnOutage on_outage)
    : http_(http), on_outage_(std::move(on_outage)) {}

Answer ServiceClient::exchange(const Call& call, const Patience& patience) {
    Answer answer = send_patiently(http_, call, patience, on_outage_);
    if (answer.status >= 400)
        throw to_error(answer);
    return answer;
}

Json ServiceClient::exchange_json(const Call& call, const Patience& patience) {
    return json_of(exchange(call, patience), call.path);
}

Json ServiceClient::get(const std::string& path, const Patience& patience, Seconds wait) {
    return exchange_json({.method = "GET", .path = path, .wait = wait}, patience);
}

void ServiceClient::list(const std::string& path,
                         const Patience& patience,
                         const std::function<void(const Json&)>& take) {
    const std::string first = fmt::format(
        "{}{}page_size={}", path, path.find('?') == std::string::npos ? '?' : '&', kPage);
    for (std::string page = first;;) {
        const Json json = get(page, patience);
        const std::string next = read_reply(json, path, [](ObjectReader& reader) {
            const Json* items = reader.need("items");
            if (items != nullptr && !items->is_array())
                reader.fault("items", "expected an array");
            return reader.text("next_page_token", "");
        });
        for (const Json& item : json["items"])
            take(item);
        if (next.empty())
            return;
        page = first + "&page_token=" + percent_encoded(next);
    }
}

Json ServiceClient::post(const std::string& path, const Json& body, const Patience& patience) {
    return exchange_json(call_to("POST", path, body, http_.new_key()), patience);
}

Json ServiceClient::post_once(const std::string& path, const Json& body, const Patience& patience) {
    return exchange_json(call_to("POST", path, body), patience);
}

Json ServiceClient::change(const std::string& path,
                           const std::function<Json(const Json&)>& patch,
                           const Patience& patience) {
    constexpr int kPreconditionFailed = 412;
    constexpr int kTries = 10;
    for (int attempt = 1;; ++attempt) {
        const Answer answer = exchange({.method = "GET", .path = path}, patience);
        Json present = json_of(answer, path);
        const Json body = patch(present);
        if (body.is_null())
            return present;
        Call call = call_to("PATCH", path, body);
        call.if_match = answer.etag;
        try {
            return exchange_json(call, patience);
        } catch (const ServiceError& error) {
            if (error.status() != kPreconditionFailed || attempt == kTries)
                throw;
        }
    }
}

void ServiceClient::remove(const std::string& path, const Patience& patience) {
    exchange({.method = "DELETE", .path = path}, patience);
}

StudyView ServiceClient::study(const std::string& name, const Patience& patience) {
    const std::string path = "/v1/studies/" + percent_encoded(name);
    const Json json = exchange_json({.method = "GET", .path = path}, patience);
    return read_reply(json, path, [](ObjectReader& reader) {
        const Json* id = reader.need("id");
        const Json* job = reader.need("job");
        if (job != nullptr && !job->is_object())
            reader.fault("job", "expected an object");
        return StudyView{.id = id == nullptr ? "" : dump_json(*id),
                         .name = reader.text("name"),
                         .state = reader.text("state"),
                         .job = job == nullptr ? "" : dump_json(*job)};
    });
}

Registration ServiceClient::register_worker(const WorkerCard& card, const Patience& patience) {
    Json body = {
        {"name", card.name}, {"host", card.host}, {"pid", card.pid}, {"version", card.version}};
    if (card.target)
        body["target"] = *card.target;
    const Call call = call_to("POST", "/v1/workers", body, http_.new_key());
    return read_reply(exchange_json(call, patience), call.path, [](ObjectReader& reader) {
        return Registration{
            .id = reader.text("id"),
            .heartbeat = Seconds(reader.real("heartbeat_s", 15.0, {.low = 0.01, .high = kDay}))};
    });
}

LeaseAnswer ServiceClient::lease(const std::string& worker,
                                 const LeaseRequest& request,
                                 const std::string& key,
                                 const Patience& patience) {
    const Call call = lease_call(worker, request, key);
    LeaseAnswer answer = read_reply(exchange_json(call, patience), call.path, read_leases);
    // Nobody would keep those that are too many.
    if (answer.leases.size() > static_cast<std::size_t>(request.most))
        throw garbled(call.path, "more leases than were asked for");
    if (answer.results.size() != request.results.size())
        throw garbled(call.path, "not one answer for each result");
    return answer;
}

LeaseAnswer ServiceClient::look_up_lease(const std::string& worker,
                                         const LeaseRequest& request,
                                         const std::string& key) {
    Call call = lease_call(worker, request, key);
    call.timeout = kLookUp;
    const Json json = exchange_json(call, {.longest = Seconds(0.0)});
    return read_reply(json, call.path, read_leases);
}

HeartbeatAnswer ServiceClient::heartbeat(const LeaseGrant& lease,
                                         Seconds timeout,
                                         const std::stop_token& stop) {
    Call call = call_to("PUT", lease_path(lease, "heartbeat"), {{"fence", lease.fence}});
    call.timeout = timeout;
    const Json json = exchange_json(call, {.longest = Seconds(0.0), .stop = stop});
    return read_reply(json, call.path, [](ObjectReader& reader) {
        return HeartbeatAnswer{.should_stop = reader.boolean("should_stop", false),
                               .should_drain = reader.boolean("should_drain", false),
                               .reason = reader.text("reason", "")};
    });
}

ReportAnswer ServiceClient::report(const LeaseGrant& lease,
                                   std::span<const TrialReport> reports,
                                   const std::string& key,
                                   const Patience& patience) {
    Json list = Json::array();
    for (const TrialReport& each : reports) {
        Json metrics = Json::object();
        for (const auto& [name, value] : each.metrics)
            metrics[name] = value;
        list.push_back({{"step", each.step}, {"metrics", std::move(metrics)}});
    }
    const Json body = {{"fence", lease.fence}, {"reports", std::move(list)}};
    const Call call = call_to("POST", lease_path(lease, "reports"), body, key);
    return read_reply(exchange_json(call, patience), call.path, [](ObjectReader& reader) {
        return ReportAnswer{.should_stop = reader.boolean("should_stop", false),
                            .reason = reader.text("reason", "")};
    });
}

std::string ServiceClient::send_result(const LeaseGrant& lease,
                                       const TrialResult& result,
                                       const Patience& patience) {
    const Call call = call_to("PUT", lease_path(lease, "result"), to_json(result, lease.fence));
    return read_reply(exchange_json(call, patience), call.path, [](ObjectReader& reader) {
        return reader.text("state");
    });
}

std::string ServiceClient::put_artifact(std::string bytes, const Patience& patience) {
    const Call call{.method = "PUT",
                    .path = "/v1/artifacts/" + crypto::to_hex(crypto::sha256(bytes)),
                    .body = std::move(bytes),
                    .content_type = "application/octet-stream"};
    return read_reply(exchange_json(call, patience), call.path, [](ObjectReader& reader) {
        return reader.text("id");
    });
}

std::string ServiceClient::artifact(const std::string& id, const Patience& patience) {
    return exchange({.method = "GET", .path = "/v1/artifacts/" + percent_encoded(id)}, patience)
        .body;
}

}  // namespace parnas::client
