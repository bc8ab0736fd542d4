// SPDX-License-Identifier: Apache-2.0
#include "evaluators/remote.h"

#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace parnas::evaluators {
namespace {

class RemoteEvaluator final : public Evaluator {
  public:
    RemoteEvaluator(std::string name, std::vector<std::string> metrics)
        : name_(std::move(name)), metrics_(std::move(metrics)) {}

    std::string fingerprint() const override {
        return fmt::format("remote@1 {} {}", name_, fmt::join(metrics_, ","));
    }
    std::vector<std::string> metrics() const override { return metrics_; }
    void check_space(const spaces::SearchSpace&, Faults&) const override {}
    Outcome evaluate(const Candidate&, const Context&) const override {
        throw Error(ErrorKind::unavailable,
                    "trials of this job are evaluated by the workers of a server: `parnas serve`, "
                    "`parnas submit JOB` and `parnas worker --evaluator FILE`");
    }

  private:
    std::string name_;
    std::vector<std::string> metrics_;
};

std::vector<std::string> read_metric_names(ObjectReader& options) {
    std::vector<std::string> metrics;
    const Json* json = options.need("metrics");
    if (json == nullptr)
        return metrics;
    if (!json->is_array() || json->empty()) {
        options.fault("metrics", "expected a list of names");
        return metrics;
    }
    for (const Json& name : *json) {
        if (name.is_string() && !name.get_ref<const std::string&>().empty())
            metrics.push_back(name.get<std::string>());
        else
            options.fault("metrics", "expected names of metrics");
    }
    return metrics;
}

}  // namespace

std::unique_ptr<Evaluator> make_remote_evaluator(ObjectReader& options,
                                                 const std::filesystem::path&) {
    std::vector<std::string> metrics = read_metric_names(options);
    return std::make_unique<RemoteEvaluator>(options.text("name", ""), std::move(metrics));
}

}  // namespace parnas::evaluators
