// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/zero_cost/zero_cost.h"

#include <chrono>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>
#include <torch/version.h>

#include "evaluators/torch/data_options.h"
#include "evaluators/torch/threads.h"
#include "evaluators/torch/zero_cost/scores.h"
#include "evaluators/torch/zero_cost/scoring_runner.h"

namespace parnas::evaluators {
namespace {

class ZeroCostEvaluator final : public Evaluator {
  public:
    // On random samples without data.
    ZeroCostEvaluator(search::ScoringOptions options, std::optional<PreparedData> prepared)
        : options_(std::move(options)),
          fingerprint_(make_fingerprint(options_, prepared)),
          data_(prepared ? std::move(prepared->data) : TrainingData()),
          batches_(prepared ? make_data_batches(data_) : make_random_batches()) {}

    std::string fingerprint() const override { return fingerprint_; }

    std::vector<std::string> metrics() const override {
        std::vector<std::string> names;
        for (const search::Proxy proxy : options_.proxies)
            names.emplace_back(search::to_string(proxy));
        return names;
    }

    void check_space(const spaces::SearchSpace& space, Faults& faults) const override {
        constexpr int kSamples = 16;
        Rng rng(0);
        for (int i = 0; i < kSamples; ++i) {
            const spaces::Decoded decoded = space.decode(spaces::sample_feasible(space, rng));
            if (!decoded.network)
                faults.add("/body",
                           "scoring needs a space of networks; this one has hyperparameters only");
            else if (const auto reason = batches_->misfit(space, *decoded.network))
                faults.add("/input", *reason);
        }
    }

    Outcome evaluate(const Candidate& candidate, const Context& context) const override {
        const auto start = std::chrono::steady_clock::now();
        use_threads(context.threads);
        search::Scores scores =
            score_candidate(context.space, candidate.genotype, options_, *batches_, context.stop);
        if (auto* failure = std::get_if<Failure>(&scores))
            return std::move(*failure);
        return Measurement{.metrics = std::get<Metrics>(std::move(scores)),
                           .fidelity = candidate.fidelity,
                           .cost = std::chrono::steady_clock::now() - start};
    }

    std::unique_ptr<PhaseRunner> make_phase_runner() const override {
        return make_scoring_runner(*batches_);
    }

  private:
    static std::string make_fingerprint(const search::ScoringOptions& options,
                                        const std::optional<PreparedData>& prepared) {
        return dump_json(
            {{"evaluator", "zero_cost@1"},
             {"libtorch", TORCH_VERSION},
             {"options", to_json(options)},
             {"data", prepared ? parse_json(prepared->identity, "data") : Json("random")}});
    }

    search::ScoringOptions options_;
    std::string fingerprint_;
    TrainingData data_;
    std::unique_ptr<Batches> batches_;
};

bool asks_for_random_samples(ObjectReader& options) {
    const Json* data = options.find("data");
    return data != nullptr && *data == "random";
}

}  // namespace

std::unique_ptr<Evaluator> make_zero_cost_evaluator(ObjectReader& options,
                                                    const std::filesystem::path& base) {
    search::ScoringOptions scoring = search::read_scoring_options(options);
    std::optional<PreparedData> data;
    if (!asks_for_random_samples(options)) {
        data = read_prepared_data(options, base);
        if (data && data->data.task.kind != TaskKind::classification)
            options.fault("data", "proxies need samples with labels");
        if (!data || !options.faults().empty())
            return nullptr;
    }
    return std::make_unique<ZeroCostEvaluator>(std::move(scoring), std::move(data));
}

}  // namespace parnas::evaluators
