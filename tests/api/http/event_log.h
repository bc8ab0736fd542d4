// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/http/router.h"

namespace parnas::tests {

// Events that streams follow, numbered from 1: what a store's log will be. Outlives its streams.
class EventLog {
  public:
    void add(std::string data) {
        const std::lock_guard lock(mutex_);
        events_.push_back(std::move(data));
        changed_.notify_all();
    }
    void end() {
        const std::lock_guard lock(mutex_);
        ended_ = true;
        changed_.notify_all();
    }

    // GET /events?principal=NAME goes on after Last-Event-ID.
    http::Route route() {
        return {
            .method = "GET", .pattern = "/events", .handler = [this](const http::Request& request) {
                const std::string* last = request.headers.find("Last-Event-ID");
                const std::string* principal = request.query_value("principal");
                http::Response response;
                response.events = http::EventStream{
                    .source = std::make_unique<Follower>(*this, last ? std::stoul(*last) : 0),
                    .principal = principal ? *principal : ""};
                return response;
            }};
    }

  private:
    class Follower : public http::EventSource {
      public:
        Follower(EventLog& log, std::size_t seen) : log_(log), seen_(seen) {}

        std::optional<std::vector<http::Event>> next(http::Clock::time_point deadline,
                                                     const std::stop_token& stop) override {
            std::unique_lock lock(log_.mutex_);
            log_.changed_.wait_until(
                lock, stop, deadline, [&] { return seen_ < log_.events_.size() || log_.ended_; });
            std::vector<http::Event> events;
            for (; seen_ < log_.events_.size(); ++seen_)
                events.push_back({.id = std::to_string(seen_ + 1), .data = log_.events_[seen_]});
            if (events.empty() && log_.ended_)
                return std::nullopt;
            return events;
        }

      private:
        EventLog& log_;
        std::size_t seen_;
    };

    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::vector<std::string> events_;
    bool ended_ = false;
};

}  // namespace parnas::tests
