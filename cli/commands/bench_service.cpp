// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <chrono>
#include <set>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/client/http_client.h"
#include "api/client/service_client.h"
#include "cli/commands/commands.h"
#include "core/crypto/sha256.h"
#include "core/error.h"
#include "core/mutex.h"

namespace parnas::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kParams = 10;

Json job_of(const std::string& name, std::int64_t trials) {
    Json params = Json::object();
    for (int i = 0; i < kParams; ++i)
        params[fmt::format("x{}", i)] = {{"real", {0.0, 1.0}}};
    return {{"name", name},
            {"space", {{"document", {{"name", "ten@1"}, {"params", std::move(params)}}}}},
            {"objectives", {{"loss", "minimize"}}},
            {"evaluator", {{"type", "remote"}, {"metrics", {"loss"}}}},
            {"strategy", {{"type", "random"}}},
            {"reuse", "none"},
            {"budget", {{"trials", trials}}}};
}

// How long requests took, in milliseconds.
struct Times {
    std::vector<double> lease;   // with the result of the trial before, if those are not apart
    std::vector<double> result;  // alone

    void add(const Times& other) {
        lease.insert(lease.end(), other.lease.begin(), other.lease.end());
        result.insert(result.end(), other.result.begin(), other.result.end());
    }
};

double quantile(std::vector<double> values, double share) {
    if (values.empty())
        return 0.0;
    std::ranges::sort(values);
    const auto last = static_cast<double>(values.size() - 1);
    return values[static_cast<std::size_t>(share * last)];
}

// What all workers of a run share.
struct Run {
    client::ServiceClient& service;
    std::string study;
    int slots = 1;
    bool apart = false;
    Mutex mutex;
    Times times PARNAS_GUARDED_BY(mutex);
    std::multiset<TrialNumber> acknowledged PARNAS_GUARDED_BY(mutex);
    std::string failure PARNAS_GUARDED_BY(mutex);
};

template <typename Ask>
auto timed(std::vector<double>& times, const Ask& ask) {
    const auto begin = Clock::now();
    auto answer = ask();
    times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
    return answer;
}

client::TrialResult result_of(const client::LeaseGrant& lease) {
    return {.metrics = {{"loss", static_cast<double>(lease.trial)}}};
}

void work(Run& run, int number) {
    const client::Patience patience;
    const std::string worker = run.service
                                   .register_worker({.name = fmt::format("bench-{}", number),
                                                     .host = "localhost",
                                                     .pid = 1,
                                                     .version = PARNAS_VERSION},
                                                    patience)
                                   .id;
    Times times;
    std::vector<TrialNumber> acknowledged;
    std::vector<client::LeaseGrant> leases;  // whose results go with the next request
    for (bool ended = false; !ended || !leases.empty();) {
        client::LeaseRequest request{.study = run.study, .most = run.slots, .wait = Seconds(5.0)};
        for (const client::LeaseGrant& lease : leases)
            request.results.push_back({lease.lease, lease.fence, result_of(lease)});
        const client::LeaseAnswer answer = timed(times.lease, [&] {
            return run.service.lease(worker, request, run.service.new_key(), patience);
        });
        for (std::size_t i = 0; i < leases.size(); ++i)
            if (!answer.results[i].refused)
                acknowledged.push_back(leases[i].trial);
        leases.clear();
        for (const client::LeaseGrant& lease : answer.leases) {
            if (!run.apart) {
                leases.push_back(lease);
                continue;
            }
            timed(times.result,
                  [&] { return run.service.send_result(lease, result_of(lease), patience); });
            acknowledged.push_back(lease.trial);
        }
        ended = answer.leases.empty() && answer.reason == "study_ended";
    }
    const MutexLock lock(run.mutex);
    run.times.add(times);
    run.acknowledged.insert(acknowledged.begin(), acknowledged.end());
}

}  // namespace

int run(const BenchServiceOptions& options, const GlobalOptions&, Console& console) {
    client::HttpClient http(
        {.url = options.server, .token = std::nullopt, .seed = crypto::random_seed()});
    client::ServiceClient service(http);
    Run run{.service = service,
            .study = options.name,
            .slots = static_cast<int>(options.slots),
            .apart = options.apart};
    const client::Answer submitted =
        http.send({.method = "POST",
                   .path = "/v1/jobs",
                   .body = dump_json(Json{{"study", job_of(options.name, options.trials)}}),
                   .key = http.new_key()});
    if (submitted.status != 202)
        throw Error(ErrorKind::unavailable, submitted.body, options.server);
    const auto begin = Clock::now();
    {
        std::vector<std::jthread> workers;
        for (int i = 0; i < options.workers; ++i)
            workers.emplace_back([&run, i] {
                try {
                    work(run, i);
                } catch (const std::exception& error) {
                    const MutexLock lock(run.mutex);
                    run.failure = error.what();
                }
            });
    }
    const double seconds = Seconds(Clock::now() - begin).count();
    const MutexLock lock(run.mutex);
    if (!run.failure.empty())
        throw Error(ErrorKind::unavailable, run.failure, options.server);
    const std::set<TrialNumber> once(run.acknowledged.begin(), run.acknowledged.end());
    const auto duplicates = run.acknowledged.size() - once.size();
    const std::size_t requests = run.times.lease.size() + run.times.result.size();
    const auto missing = static_cast<std::size_t>(options.trials) - once.size();
    Json figures{
        {"workers", options.workers},
        {"trials", once.size()},
        {"duplicates", duplicates},
        {"missing", missing},
        {"slots", options.slots},
        {"requests", requests},
        {"seconds", seconds},
        {"trials_per_second", static_cast<double>(once.size()) / seconds},
        {"lease_ms",
         {{"median", quantile(run.times.lease, 0.5)}, {"p99", quantile(run.times.lease, 0.99)}}}};
    if (options.apart)
        figures["result_ms"] = {{"median", quantile(run.times.result, 0.5)},
                                {"p99", quantile(run.times.result, 0.99)}};
    if (console.output == OutputFormat::json)
        print(console, figures);
    else
        console.out << fmt::format(
            "{} workers, {} trials, {} requests: {:.0f} trials/s; {} twice, {} missing; {} {:.2f} "
            "ms "
            "(99 %: {:.2f}){}\n",
            options.workers,
            once.size(),
            requests,
            static_cast<double>(once.size()) / seconds,
            duplicates,
            missing,
            options.apart ? "leases" : "results and the next leases",
            quantile(run.times.lease, 0.5),
            quantile(run.times.lease, 0.99),
            options.apart ? fmt::format(", a result {:.2f} ms ({:.2f})",
                                        quantile(run.times.result, 0.5),
                                        quantile(run.times.result, 0.99))
                          : "");
    return duplicates == 0 && missing == 0 ? 0 : exit_code(ErrorKind::damaged);
}

}  // namespace parnas::cli
