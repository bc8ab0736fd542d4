// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/http/problem.h"
#include "api/http/server.h"

namespace parnas::tests {

// What happens to a request on its way.
enum class Trouble {
    none,
    unheard,  // 503
    lost,     // done, but 502 is the answer
};

// A service of one study, "digits", whose trials have one parameter in [0, 1]: leases, answers kept
// by key, and trouble. It may be served by one server after another.
class FakeService {
  public:
    struct Options {
        int trials = 0;
        double ttl_s = 60.0;
        double heartbeat_s = 15.0;
        bool judged = false;
        std::function<bool(int trial, std::int64_t step)> verdict = [](int, std::int64_t) {
            return false;
        };
        std::function<Trouble(int number)> trouble = [](int) { return Trouble::none; };
    };
    struct Lease {
        int trial = 0;
        int fence = 0;
    };

    explicit FakeService(Options options) : options_(std::move(options)) {
        for (int i = 0; i < options_.trials; ++i)
            waiting_.push_back(i);
    }

    std::vector<http::Route> routes() {
        const auto route = [this](std::string method,
                                  std::string pattern,
                                  Json (FakeService::*handle)(const http::Request&)) {
            return http::Route{
                .method = std::move(method),
                .pattern = std::move(pattern),
                .handler = [this, handle](
                               const http::Request& request) { return answer(request, handle); },
                .lane = http::Lane::waiting};
        };
        return {route("GET", "/v1/studies/{study}", &FakeService::show_study),
                route("POST", "/v1/workers", &FakeService::enrol),
                route("POST", "/v1/workers/{worker}/leases", &FakeService::grant),
                route("PUT", "/v1/leases/{lease}/heartbeat", &FakeService::beat),
                route("POST", "/v1/leases/{lease}/reports", &FakeService::report),
                route("PUT", "/v1/leases/{lease}/result", &FakeService::settle),
                route("PUT", "/v1/artifacts/{id}", &FakeService::put_artifact),
                {.method = "GET",
                 .pattern = "/v1/artifacts/{id}",
                 .handler = [this](const http::Request& request) {
                     const std::lock_guard lock(mutex_);
                     return http::make_text(200, artifacts_.at(request.parameter("id")));
                 }}};
    }

    // What a test looks at and changes, under the lock.
    template <typename Look>
    auto with(Look look) {
        const std::unique_lock lock(mutex_);
        changed_.notify_all();
        return look(*this);
    }

    // Another worker gets the trial.
    void supersede(int trial) { ++attempts_[trial]; }
    void offer(int trial) { waiting_.push_back(trial); }

    Options options_;
    std::deque<int> waiting_;
    std::map<int, int> attempts_;
    std::map<std::string, Lease> leases_;
    std::map<int, Json> finished_;               // what was accepted, by trial
    std::vector<std::pair<int, Json>> results_;  // all that took effect, in order
    std::map<int, std::vector<std::int64_t>> steps_;
    std::map<int, int> beats_;
    std::map<std::string, std::string> artifacts_;
    std::vector<Json> workers_;
    std::string evaluator_ = R"({"type": "remote", "metrics": ["loss"]})";
    std::string warm_start_;
    std::optional<int> refuse_result_;  // with this status, unless it failed
    bool should_stop_ = false;
    bool drain_ = false;
    bool waits_for_others_ = false;             // the study is not over though nothing is left
    std::chrono::milliseconds grant_delay_{0};  // until the answer, once it is kept

  private:
    http::Response answer(const http::Request& request,
                          Json (FakeService::*handle)(const http::Request&)) {
        Trouble trouble = Trouble::none;
        {
            const std::lock_guard lock(mutex_);
            trouble = options_.trouble(number_++);
        }
        if (trouble == Trouble::unheard)
            throw http::HttpError({.status = 503, .headers = {{"Retry-After", "0"}}});
        const std::string* key = request.headers.find("Idempotency-Key");
        const std::string scope = key == nullptr ? "" : request.path + ' ' + *key;
        std::string body;
        {
            const std::lock_guard lock(mutex_);
            if (const auto known = answers_.find(scope); key != nullptr && known != answers_.end())
                body = known->second;
        }
        if (body.empty()) {
            body = dump_json((this->*handle)(request));
            const std::lock_guard lock(mutex_);
            if (key != nullptr)
                answers_[scope] = body;
        }
        if (request.path.ends_with("/leases"))
            std::this_thread::sleep_for(grant_delay_);
        if (trouble == Trouble::lost)
            throw http::HttpError(502, "the answer was lost");
        http::Response response = http::make_text(200, body, "application/json");
        return response;
    }

    Json show_study(const http::Request& request) {
        const std::lock_guard lock(mutex_);
        if (request.parameter("study") != "digits")
            throw http::HttpError(404, "there is no such study");
        return {{"id", 1},
                {"name", "digits"},
                {"state", "running"},
                {"job", {{"evaluator", Json::parse(evaluator_)}}},
                {"new_key_of_a_newer_server", true}};
    }

    Json enrol(const http::Request& request) {
        const std::lock_guard lock(mutex_);
        workers_.push_back(http::json_body(request));
        return {{"id", fmt::format("wrk_{}", workers_.size())},
                {"name", workers_.back().at("name")},
                {"heartbeat_s", options_.heartbeat_s},
                {"draining", false}};
    }

    Json grant(const http::Request& request) {
        const Json body = http::json_body(request);
        std::unique_lock lock(mutex_);
        if (request.parameter("worker") != fmt::format("wrk_{}", workers_.size()))
            throw http::HttpError(404, "there is no such worker");
        Json answers = Json::array();
        for (const Json& result : body.value("results", Json::array()))
            answers.push_back(answer_result(result));
        Json answer = grant_one(body, request.stop, lock);
        if (!answers.empty())
            answer["results"] = std::move(answers);
        return answer;
    }

    Json answer_result(const Json& result) {
        Json body = result;
        body.erase("lease");
        const std::string lease = result.at("lease");
        try {
            return {{"lease", lease}, {"settled", settle_lease(lease, body)}};
        } catch (const http::HttpError& error) {
            return {{"lease", lease}, {"problem", http::to_json(error.problem(), "req_1")}};
        }
    }

    Json grant_one(const Json& body,
                   const std::stop_token& stop,
                   std::unique_lock<std::mutex>& lock) {
        changed_.wait_for(lock, stop, std::chrono::seconds(body.at("wait_s").get<int>()), [&] {
            return drain_ || !waiting_.empty() || over();
        });
        if (drain_ || waiting_.empty() || stop.stop_requested()) {
            const char* reason = drain_ ? "draining" : over() ? "study_ended" : "nothing_ready";
            return {{"leases", Json::array()}, {"reason", reason}, {"retry_after_s", 0}};
        }
        const int trial = waiting_.front();
        waiting_.pop_front();
        const int fence = ++attempts_[trial];
        const std::string id = fmt::format("lse_{}_{}", trial, fence);
        leases_[id] = {.trial = trial, .fence = fence};
        Json lease = {
            {"lease", id},
            {"study", "digits"},
            {"trial", trial},
            {"attempt", fence},
            {"fence", fence},
            {"expires_in_s", options_.ttl_s},
            {"params", {{"x", trial / 100.0}}},
            {"genotype", {trial / 100.0}},
            {"fidelity", 0.5},
            {"stage", "search"},
            {"seed", fmt::format("{}", 0x8000000000000000U + static_cast<unsigned>(trial))},
            {"reporting", options_.judged ? "judged" : "noted"}};
        if (!warm_start_.empty())
            lease["warm_start"] = warm_start_;
        return {{"leases", {lease}}};
    }

    bool over() const {
        if (!waiting_.empty())
            return false;
        for (const auto& [id, lease] : leases_)
            if (!finished_.contains(lease.trial))
                return false;
        return !waits_for_others_;
    }

    // The lease of a request that is still valid.
    Lease valid(const std::string& id, const Json& body) const {
        const auto found = leases_.find(id);
        if (found == leases_.end())
            throw http::HttpError(404, "there is no such lease");
        const Lease lease = found->second;
        if (lease.fence != attempts_.at(lease.trial) || finished_.contains(lease.trial) ||
            body.at("fence") != lease.fence)
            throw http::HttpError({.status = 409, .slug = "lease-superseded"});
        return lease;
    }

    Json beat(const http::Request& request) {
        const std::lock_guard lock(mutex_);
        ++beats_[valid(request.parameter("lease"), http::json_body(request)).trial];
        return {{"expires_in_s", options_.ttl_s},
                {"should_stop", should_stop_},
                {"should_drain", drain_}};
    }

    Json report(const http::Request& request) {
        const Json body = http::json_body(request);
        const std::lock_guard lock(mutex_);
        const int trial = valid(request.parameter("lease"), body).trial;
        bool stop = false;
        for (const Json& each : body.at("reports")) {
            const auto step = each.at("step").get<std::int64_t>();
            steps_[trial].push_back(step);
            stop = stop || options_.verdict(trial, step);
        }
        return {{"should_stop", stop}, {"expires_in_s", options_.ttl_s}};
    }

    Json settle(const http::Request& request) {
        const std::lock_guard lock(mutex_);
        return settle_lease(request.parameter("lease"), http::json_body(request));
    }

    Json settle_lease(const std::string& id, const Json& body) {
        const auto found = leases_.find(id);
        if (found != leases_.end())
            if (const auto known = finished_.find(found->second.trial);
                known != finished_.end() && known->second == body)
                return {{"study", "digits"}, {"trial", known->first}, {"state", "complete"}};
        const int trial = valid(id, body).trial;
        const std::string outcome = body.at("outcome");
        if (refuse_result_ && outcome != "failed")
            throw http::HttpError(*refuse_result_, "accuracy is missing");
        results_.emplace_back(trial, body);
        changed_.notify_all();
        if (outcome == "preempted") {
            supersede(trial);
            offer(trial);
            return {{"study", "digits"}, {"trial", trial}, {"state", "running"}};
        }
        finished_[trial] = body;
        return {{"study", "digits"}, {"trial", trial}, {"state", "complete"}};
    }

    Json put_artifact(const http::Request& request) {
        const std::lock_guard lock(mutex_);
        const std::string id = request.parameter("id").substr(0, 32);
        artifacts_[id] = request.body;
        return {{"id", id}};
    }

    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::map<std::string, std::string> answers_;  // by path and key
    int number_ = 0;
};

// Serves on a port that stays its own through restarts.
class FakeServer {
  public:
    explicit FakeServer(FakeService& service) : service_(service) { start(); }

    void start() {
        server_ =
            std::make_unique<http::Server>(service_.routes(), http::ServerOptions{.port = port_});
        port_ = server_->port();
    }
    void stop() { server_.reset(); }
    std::string url() const { return fmt::format("http://127.0.0.1:{}", port_); }

  private:
    FakeService& service_;
    std::uint16_t port_ = 0;
    std::unique_ptr<http::Server> server_;
};

}  // namespace parnas::tests
