// SPDX-License-Identifier: Apache-2.0
#include "api/plugin/plugin_evaluator.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/plugin/json_rpc.h"
#include "core/duration.h"
#include "core/error.h"
#include "core/mutex.h"
#include "evaluators/command/protocol.h"

namespace parnas::plugin {
namespace {

using evaluators::Context;
using evaluators::Evaluator;
using Clock = std::chrono::steady_clock;

constexpr Seconds kDefaultTimeout{3600};

struct EvaluatorParts {
    std::shared_ptr<const Plugin> plugin;
    EvaluatorOffer offer;
    Json options;
    Seconds timeout{kDefaultTimeout};
};

FailureKind failure_kind(FaultKind kind) {
    switch (kind) {
        case FaultKind::stopped:
            return FailureKind::cancelled;
        case FaultKind::timed_out:
            return FailureKind::timed_out;
        default:
            return FailureKind::crashed;
    }
}

// Names for evaluations, no two of which have the same one at a time. One that was given up in the
// middle is over for the plugin as soon as its name is used again.
class Sessions {
  public:
    std::string take() {
        const MutexLock lock(mutex_);
        if (free_.empty())
            return new_session();
        std::string session = std::move(free_.back());
        free_.pop_back();
        return session;
    }
    void give_back(std::string session) {
        const MutexLock lock(mutex_);
        free_.push_back(std::move(session));
    }

  private:
    Mutex mutex_;
    std::vector<std::string> free_ PARNAS_GUARDED_BY(mutex_);
};

// What is said about one trial, over one connection.
class Evaluation {
  public:
    Evaluation(const EvaluatorParts& parts, Sessions& sessions, const Context& context)
        : parts_(parts),
          sessions_(sessions),
          context_(context),
          connection_(parts.plugin->borrow()),
          session_(sessions.take()),
          start_(Clock::now()) {}
    ~Evaluation() { sessions_.give_back(session_); }
    Evaluation(const Evaluation&) = delete;
    Evaluation& operator=(const Evaluation&) = delete;

    Outcome run(Json trial) {
        trial["options"] = parts_.options;
        trial["session"] = session_;
        Json trials = Json::array();
        trials.push_back(std::move(trial));
        Reply reply = call("evaluator.evaluate",
                           {{"evaluator", parts_.offer.name}, {"trials", std::move(trials)}});
        for (;;) {
            std::optional<Outcome> outcome = read(reply);
            if (outcome)
                return *std::move(outcome);
            const bool cancelled = context_.stop.stop_requested();
            reply =
                call("evaluator.resume",
                     {{"trials",
                       Json::array({{{"session", session_}, {"stop", pruned_ || cancelled}}})}});
            if (cancelled)  // whatever it had time to answer
                return Failure{FailureKind::cancelled, "stopped"};
        }
    }

  private:
    Reply call(std::string_view method, const Json& params) {
        const Seconds left = parts_.timeout - (Clock::now() - start_);
        return connection_->call(
            method, params, {.timeout = std::max(left, Seconds{0}), .stop = context_.stop});
    }

    Failure failure(FailureKind kind, const std::string& reason) const {
        return {kind, fmt::format("plugin {}: {}", parts_.plugin->name(), reason)};
    }

    // Nothing after a report: the trial goes on.
    std::optional<Outcome> read(const Reply& reply) {
        if (const auto* fault = std::get_if<CallFault>(&reply))
            return Failure{failure_kind(fault->kind), parts_.plugin->explain(*fault)};
        const Json& answers = std::get<Json>(reply);
        if (!answers.is_array() || answers.size() != 1)
            return failure(FailureKind::crashed, wrong_list(answers, 1));
        const Json& answer = answers[0];
        if (answer.is_object() && answer.contains("error") && answer["error"].is_string())
            return failure(FailureKind::crashed, answer["error"].get<std::string>());
        try {
            auto message = evaluators::read_message(dump_json(answer));
            return std::visit([this](auto& each) { return take(std::move(each)); }, message);
        } catch (const Error& error) {
            return failure(FailureKind::crashed,
                           fmt::format("its result is refused: {}", error.what()));
        }
    }

    std::optional<Outcome> take(Failure&& refused) const {
        return failure(refused.kind, refused.reason);
    }

    std::optional<Outcome> take(evaluators::StepReport&& report) {
        if (auto fault = not_finite(report.metrics, fmt::format(" at step {}", report.step)))
            return fault;
        if (pruned_)
            return failure(FailureKind::crashed, "it goes on although it was told to stop");
        if (last_report_ && report.step <= last_report_->step)
            return failure(FailureKind::crashed,
                           fmt::format("it reported step {} after step {}: steps must grow",
                                       report.step,
                                       last_report_->step));
        pruned_ = context_.report &&
                  context_.report(report.step, report.metrics) == evaluators::Verdict::stop;
        last_report_ = std::move(report);
        return std::nullopt;
    }

    std::optional<Outcome> take(evaluators::Result&& result) const {
        if (auto fault = not_finite(result.metrics, ""))
            return fault;
        if (pruned_)
            result.metrics.merge(Metrics(last_report_->metrics));
        for (const std::string& name : parts_.offer.metrics)
            if (!pruned_ && !result.metrics.contains(name))
                return failure(FailureKind::crashed, fmt::format("its result lacks {}", name));
        return Measurement{.metrics = std::move(result.metrics),
                           .cost = result.cost.value_or(Clock::now() - start_)};
    }

    std::optional<Outcome> not_finite(const Metrics& metrics, std::string_view when) const {
        for (const auto& [name, value] : metrics)
            if (!std::isfinite(value))
                return failure(FailureKind::diverged, fmt::format("{} is {}{}", name, value, when));
        return std::nullopt;
    }

    const EvaluatorParts& parts_;
    Sessions& sessions_;
    const Context& context_;
    std::unique_ptr<Connection, Plugin::GiveBack> connection_;
    const std::string session_;
    const Clock::time_point start_;
    std::optional<evaluators::StepReport> last_report_;
    bool pruned_ = false;
};

class PluginEvaluator final : public Evaluator {
  public:
    explicit PluginEvaluator(EvaluatorParts parts) : parts_(std::move(parts)) {}

    std::string fingerprint() const override {
        return fmt::format("plugin {} {} {} {}",
                           parts_.plugin->name(),
                           parts_.offer.name,
                           parts_.plugin->document().digest,
                           dump_json(parts_.options));
    }
    std::vector<std::string> metrics() const override { return parts_.offer.metrics; }
    void check_space(const spaces::SearchSpace&, Faults&) const override {}

    Outcome evaluate(const Candidate& candidate, const Context& context) const override {
        if (context.stop.stop_requested())
            return Failure{FailureKind::cancelled, "stopped"};
        Json trial;
        try {
            trial = evaluators::request_json(candidate, context);
        } catch (const Error& error) {  // another plugin's space
            return Failure{FailureKind::crashed, error.what()};
        }
        Outcome outcome = Evaluation(parts_, sessions_, context).run(std::move(trial));
        if (auto* measured = std::get_if<Measurement>(&outcome))
            measured->fidelity = candidate.fidelity;
        return outcome;
    }

  private:
    EvaluatorParts parts_;
    mutable Sessions sessions_;
};

}  // namespace

evaluators::EvaluatorFactory make_plugin_evaluators(std::shared_ptr<const Plugin> plugin,
                                                    EvaluatorOffer offer) {
    return [plugin = std::move(plugin), offer = std::move(offer)](
               ObjectReader& options, const std::filesystem::path&) -> std::unique_ptr<Evaluator> {
        return std::make_unique<PluginEvaluator>(
            EvaluatorParts{.plugin = plugin,
                           .offer = offer,
                           .options = read_part_options(options),
                           .timeout = read_seconds(options, "timeout").value_or(kDefaultTimeout)});
    };
}

}  // namespace parnas::plugin
