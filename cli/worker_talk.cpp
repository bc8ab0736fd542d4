// SPDX-License-Identifier: Apache-2.0
#include "cli/worker_talk.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/text/numbers.h"
#include "cli/text/tables.h"

namespace parnas::cli {
namespace {

constexpr std::chrono::seconds kBetweenOutages{30};
constexpr std::size_t kFewMetrics = 4;
constexpr const char* kLost = "lost";

std::string trial_name(const client::LeaseGrant& lease) {
    const std::string attempt =
        lease.attempt > 1 ? fmt::format(", attempt {}", lease.attempt) : std::string();
    return fmt::format("trial {} of {}{}", lease.trial, printable(lease.study), attempt);
}

std::string metrics_text(const Metrics& metrics) {
    std::string text;
    std::size_t shown = 0;
    for (const auto& [name, value] : metrics) {
        if (shown++ == kFewMetrics)
            return text + ", ...";
        text +=
            fmt::format("{}{} {}", text.empty() ? "" : ", ", printable(name), short_number(value));
    }
    return text;
}

Json trial_line(const client::LeaseGrant& lease,
                const client::TrialResult& result,
                const std::string& state) {
    Json metrics = Json::object();
    for (const auto& [name, value] : result.metrics)
        metrics[name] = value;
    Json trial = {{"study", lease.study},
                  {"number", lease.trial},
                  {"attempt", lease.attempt},
                  {"outcome", std::string(to_string(result.kind))},
                  {"state", state},
                  {"metrics", std::move(metrics)},
                  {"cost_s", result.cost.count()}};
    if (result.failure)
        trial["failure"] = std::string(to_string(*result.failure));
    if (!result.reason.empty())
        trial["reason"] = result.reason;
    return {{"trial", std::move(trial)}};
}

// "Trial" from "trial".
std::string sentence(std::string text) {
    text.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
    return text;
}

}  // namespace

void WorkerTalk::say(const std::string& line) {
    if (talk_ == Talk::progress)
        console_.err << line << '\n' << std::flush;
}

void WorkerTalk::registered(const client::WorkerCard& card,
                            const client::Registration& registration) {
    const MutexLock lock(mutex_);
    id_ = registration.id;
    name_ = card.name;
    outage_told_.reset();
    say(fmt::format("Worker {} is {}", printable(name_), printable(id_)));
}

void WorkerTalk::trial_started(const client::LeaseGrant& lease) {
    const MutexLock lock(mutex_);
    waits_for_.clear();
    outage_told_.reset();
    say("Evaluating " + trial_name(lease));
}

void WorkerTalk::trial_ended(const client::LeaseGrant& lease,
                             const client::TrialResult& result,
                             const std::string& state) {
    const MutexLock lock(mutex_);
    outage_told_.reset();
    ++counts_[std::string(to_string(result.kind))];
    std::string line = fmt::format("{}: {}", sentence(trial_name(lease)), to_string(result.kind));
    if (result.failure)
        line += fmt::format(" ({})", to_string(*result.failure));
    for (const std::string& more :
         {metrics_text(result.metrics),
          result.cost.count() > 0.0 ? short_duration(result.cost) : std::string(),
          printable(result.reason)})
        line += more.empty() ? "" : ", " + more;
    say(line);
    if (console_.output == OutputFormat::json) {
        print(console_, trial_line(lease, result, state));
        console_.out.flush();
    }
}

void WorkerTalk::lease_lost(const client::LeaseGrant& lease, const std::string& why) {
    const MutexLock lock(mutex_);
    ++counts_[kLost];
    say(fmt::format("{} is lost: {}", sentence(trial_name(lease)), printable(why)));
}

void WorkerTalk::waiting(const std::string& reason) {
    const MutexLock lock(mutex_);
    outage_told_.reset();
    if (reason == waits_for_)
        return;
    waits_for_ = reason;
    say(fmt::format("Waiting: {}", printable(reason)));
}

void WorkerTalk::outage(const std::string& why) {
    const auto now = std::chrono::steady_clock::now();
    const MutexLock lock(mutex_);
    if (outage_told_ && now - *outage_told_ < kBetweenOutages)
        return;
    outage_told_ = now;
    say("Trying again: " + printable(why));
}

void WorkerTalk::summarise(client::WorkerEnd end) {
    const MutexLock lock(mutex_);
    Json trials = Json::object();
    std::string text;
    for (const auto& [kind, count] : counts_) {
        trials[kind] = count;
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, kind);
    }
    if (console_.output == OutputFormat::json)
        return print(console_,
                     Json{{"summary",
                           {{"worker", id_},
                            {"name", name_},
                            {"end", std::string(to_string(end))},
                            {"trials", std::move(trials)}}}});
    print_record(console_,
                 {.columns = {{"name", "Worker"}, {"end", "Ended"}, {"trials", "Trials"}},
                  .rows = {{name_, std::string(to_string(end)), text.empty() ? "0" : text}}});
}

}  // namespace parnas::cli
