// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "api/plugin/channel.h"
#include "api/plugin/plugin_document.h"
#include "core/json.h"
#include "core/mutex.h"

namespace parnas::plugin {

// A name for what the plugin keeps between calls: nobody else gives it the same one.
std::string new_session();

using Reply = std::variant<Json, CallFault>;

// How long to wait before a plugin that failed is started again: it doubles with each failure
// and begins anew after an answer.
struct Patience {
    Seconds first{0.1};
    Seconds longest{10.0};
};

// When a plugin may be started again. Thread-safe.
class Restarts {
  public:
    explicit Restarts(Patience patience) : patience_(patience) {}

    // Returns when it may; the fault if that is later than the terms allow.
    std::optional<CallFault> wait(const CallTerms& terms) const;
    void succeeded();
    void failed();

  private:
    const Patience patience_;
    mutable Mutex mutex_;
    int failures_ PARNAS_GUARDED_BY(mutex_) = 0;  // since the last answer
    std::chrono::steady_clock::time_point not_before_ PARNAS_GUARDED_BY(mutex_){};
};

// A way to talk with a plugin that nobody else uses at the same time: what is said on one is
// heard by one process, until it fails and another is started. Belongs to one thread at a time.
class Connection {
  public:
    Connection(ChannelFactory make_channel, std::shared_ptr<Restarts> restarts)
        : make_channel_(std::move(make_channel)), restarts_(std::move(restarts)) {}

    // Anything but a fault of kind `refused` or `stopped` ends the channel; the next call makes
    // a new one. Throws nothing.
    Reply call(std::string_view method, const Json& params, const CallTerms& terms);

  private:
    std::optional<CallFault> open(const CallTerms& terms);

    ChannelFactory make_channel_;
    std::shared_ptr<Restarts> restarts_;
    std::unique_ptr<Channel> channel_;  // null: to be made
    std::int64_t last_id_ = 0;
};

// A program, library or server of somebody else that offers parts (docs/adding-parts/). What it
// answers is read as a stranger's; whatever it does, parnas goes on. Thread-safe: calls at the
// same time go over connections of their own.
class Plugin {
  public:
    explicit Plugin(const PluginDocument& document, Patience patience = {});
    Plugin(PluginDocument document, ChannelFactory channels, Patience patience);

    const std::string& name() const { return document_.name; }
    const PluginDocument& document() const { return document_; }

    // Over any connection. `timeout` of the document if there is none.
    Reply call(std::string_view method,
               const Json& params,
               const std::stop_token& stop = {},
               std::optional<Seconds> timeout = {}) const;
    // The same of what may be asked twice: again, once, if the first answer was lost. Throws
    // Error(unavailable) when stopped, Error(invalid_input) with the plugin's name and what it
    // did instead of answering.
    Json ask(std::string_view method, const Json& params, const std::stop_token& stop = {}) const;

    // A connection of one's own, and one that others had before and have again, for calls that
    // must come to the same process. The plugin outlives what it lends.
    std::unique_ptr<Connection> connect() const;
    struct GiveBack {
        const Plugin* plugin;
        void operator()(Connection* connection) const;
    };
    std::unique_ptr<Connection, GiveBack> borrow() const;
    // "plugin mlp: it ended with exit code 1".
    std::string explain(const CallFault& fault) const;

  private:
    const PluginDocument document_;
    const ChannelFactory channels_;
    const std::shared_ptr<Restarts> restarts_;
    mutable Mutex mutex_;
    mutable std::vector<std::unique_ptr<Connection>> idle_ PARNAS_GUARDED_BY(mutex_);
};

}  // namespace parnas::plugin
