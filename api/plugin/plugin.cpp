// SPDX-License-Identifier: Apache-2.0
#include "api/plugin/plugin.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/plugin/http_channel.h"
#include "api/plugin/json_rpc.h"
#include "api/plugin/library_channel.h"
#include "api/plugin/process_channel.h"
#include "core/error.h"

namespace parnas::plugin {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kMostDoublings = 16;
// Connections that are kept while nobody calls.
constexpr std::size_t kIdle = 16;

ChannelFactory channels_to(const PluginDocument& document) {
    if (const auto* library = std::get_if<SharedLibrary>(&document.where))
        return make_library_channels(library->path);
    if (const auto* program = std::get_if<evaluators::Program>(&document.where))
        return make_process_channels(*program);
    return make_http_channels(std::get<Url>(document.where).text);
}

bool ends_channel(const CallFault& fault) {
    return fault.kind != FaultKind::refused;
}

}  // namespace

std::string new_session() {
    // Several parnas may talk with one server.
    static const std::string ours = fmt::format(
        "{}-{:x}", getpid(), std::chrono::system_clock::now().time_since_epoch().count());
    static std::atomic<std::uint64_t> count{0};
    return fmt::format("{}-{}", ours, ++count);
}

std::optional<CallFault> Restarts::wait(const CallTerms& terms) const {
    const auto deadline = Clock::now() + std::chrono::ceil<Clock::duration>(terms.timeout);
    for (;;) {
        Clock::time_point not_before;
        int failures = 0;
        {
            const MutexLock lock(mutex_);
            not_before = not_before_;
            failures = failures_;
        }
        const Clock::time_point now = Clock::now();
        if (now >= not_before)
            return std::nullopt;
        if (terms.stop.stop_requested())
            return CallFault{FaultKind::stopped, "stopped"};
        if (not_before > deadline)
            return CallFault{
                FaultKind::crashed,
                fmt::format("it failed {} times and is not started again yet", failures)};
        std::this_thread::sleep_for(std::min<Clock::duration>(not_before - now, kTick));
    }
}

void Restarts::succeeded() {
    const MutexLock lock(mutex_);
    failures_ = 0;
    not_before_ = {};
}

void Restarts::failed() {
    const MutexLock lock(mutex_);
    const Seconds delay =
        std::min(patience_.longest, patience_.first * (1 << std::min(failures_, kMostDoublings)));
    ++failures_;
    not_before_ = Clock::now() + std::chrono::ceil<Clock::duration>(delay);
}

std::optional<CallFault> Connection::open(const CallTerms& terms) {
    if (channel_ != nullptr && channel_->usable())
        return std::nullopt;
    channel_.reset();
    if (auto fault = restarts_->wait(terms))
        return fault;
    try {
        channel_ = make_channel_();
        return std::nullopt;
    } catch (const Error& error) {
        restarts_->failed();
        return CallFault{FaultKind::crashed, error.what()};
    }
}

Reply Connection::call(std::string_view method, const Json& params, const CallTerms& terms) {
    if (auto fault = open(terms))
        return *std::move(fault);
    const std::int64_t id = ++last_id_;
    auto answer = channel_->call(request_text(id, method, params), terms);
    Reply reply = std::holds_alternative<std::string>(answer)
                      ? read_reply(std::get<std::string>(answer), id)
                      : Reply(std::move(std::get<CallFault>(answer)));
    const auto* fault = std::get_if<CallFault>(&reply);
    if (fault != nullptr && ends_channel(*fault)) {
        channel_.reset();
        // Nobody's fault, so the next one is made at once.
        if (fault->kind != FaultKind::stopped)
            restarts_->failed();
    } else {
        restarts_->succeeded();
    }
    return reply;
}

Plugin::Plugin(const PluginDocument& document, Patience patience)
    : Plugin(document, channels_to(document), patience) {}

Plugin::Plugin(PluginDocument document, ChannelFactory channels, Patience patience)
    : document_(std::move(document)),
      channels_(std::move(channels)),
      restarts_(std::make_shared<Restarts>(patience)) {}

std::unique_ptr<Connection> Plugin::connect() const {
    return std::make_unique<Connection>(channels_, restarts_);
}

std::unique_ptr<Connection, Plugin::GiveBack> Plugin::borrow() const {
    {
        const MutexLock lock(mutex_);
        if (!idle_.empty()) {
            Connection* connection = idle_.back().release();
            idle_.pop_back();
            return {connection, GiveBack{this}};
        }
    }
    return {connect().release(), GiveBack{this}};
}

void Plugin::GiveBack::operator()(Connection* connection) const {
    std::unique_ptr<Connection> returned(connection);
    const MutexLock lock(plugin->mutex_);
    if (plugin->idle_.size() < kIdle)
        plugin->idle_.push_back(std::move(returned));
}

Reply Plugin::call(std::string_view method,
                   const Json& params,
                   const std::stop_token& stop,
                   std::optional<Seconds> timeout) const {
    return borrow()->call(
        method, params, {.timeout = timeout.value_or(document_.timeout), .stop = stop});
}

Json Plugin::ask(std::string_view method, const Json& params, const std::stop_token& stop) const {
    Reply reply = call(method, params, stop);
    if (const auto* fault = std::get_if<CallFault>(&reply);
        fault != nullptr && fault->kind == FaultKind::crashed)
        reply = call(method, params, stop);
    if (const auto* fault = std::get_if<CallFault>(&reply))
        throw Error(
            fault->kind == FaultKind::stopped ? ErrorKind::unavailable : ErrorKind::invalid_input,
            explain(*fault));
    return std::get<Json>(std::move(reply));
}

std::string Plugin::explain(const CallFault& fault) const {
    return fmt::format("plugin {}: {}", document_.name, fault.reason);
}

}  // namespace parnas::plugin
