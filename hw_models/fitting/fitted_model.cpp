// SPDX-License-Identifier: Apache-2.0
#include "hw_models/fitting/fitted_model.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/hash.h"
#include "hw_models/fitting/network_features.h"
#include "hw_models/fitting/probe_design.h"

namespace parnas::hw_models {
namespace {

using Eigen::Index;

constexpr double kMostNovelty = 0.7;

Samples samples_of(std::span<const Measured> measured) {
    std::vector<const spaces::Network*> networks;
    Samples samples{.latency_ms = Eigen::VectorXd(std::ssize(measured))};
    for (const Measured& each : measured) {
        samples.latency_ms[std::ssize(networks)] = each.latency.count();
        networks.push_back(each.network);
    }
    samples.features = network_features(networks, {});
    return samples;
}

PredictorDocument fit(Target target,
                      Samples samples,
                      FeatureStatistics reference,
                      std::vector<KnownTarget> known) {
    LatencyPredictor predictor = fit_latency_predictor(network_schema(),
                                                       samples,
                                                       reference,
                                                       network_predictor_options(reference),
                                                       std::move(known));
    return {.target = std::move(target),
            .predictor = std::move(predictor),
            .samples = std::move(samples),
            .reference = std::move(reference)};
}

// The rows with the fewest and the most multiply-adds; one if they are the same.
std::vector<Index> ends_of(const FeatureRows& rows) {
    const auto work = rows.col(network_schema().first_column("totals") + 1);
    Index least = 0;
    Index most = 0;
    work.minCoeff(&least);
    work.maxCoeff(&most);
    return least == most ? std::vector{least} : std::vector{least, most};
}

class FittedModel final : public HardwareModel, public Learns {
  public:
    explicit FittedModel(PredictorDocument document)
        : document_(std::move(document)), digest_(hash_bytes(dump_json(to_json(document_)))) {}

    const Target& target() const override { return document_.target; }

    std::string fingerprint() const override {
        return fmt::format("fitted@1 {} {}", document_.target.name, to_string(digest_));
    }

    std::vector<Estimate> estimate(std::span<const spaces::Network* const> networks,
                                   const std::stop_token& stop) const override {
        const PredictedLatencies latencies =
            document_.predictor.predict(network_features(networks, stop));
        std::vector<Estimate> estimates;
        estimates.reserve(networks.size());
        for (std::size_t n = 0; n < networks.size(); ++n) {
            const auto i = static_cast<Index>(n);
            estimates.push_back({.latency = Milliseconds(latencies.mean[i]),
                                 .stddev = Milliseconds(latencies.stddev[i]),
                                 .low = Milliseconds(latencies.low[i]),
                                 .high = Milliseconds(latencies.high[i]),
                                 .source = Source::fitted,
                                 .extrapolated = latencies.novelty[i] > kMostNovelty});
        }
        return estimates;
    }

    std::unique_ptr<HardwareModel> refitted(std::span<const Measured> added) const override {
        const Samples more = samples_of(added);
        const Samples& old = document_.samples;
        Samples all{.features = FeatureRows(old.size() + more.size(), old.features.cols()),
                    .latency_ms = Eigen::VectorXd(old.size() + more.size()),
                    .noise_ms2 = old.noise_ms2};
        all.features << old.features, more.features;
        all.latency_ms << old.latency_ms, more.latency_ms;
        return make_fitted_model(fit(document_.target,
                                     std::move(all),
                                     document_.reference,
                                     document_.predictor.parts().known));
    }

  private:
    PredictorDocument document_;
    Digest digest_;
};

}  // namespace

std::unique_ptr<HardwareModel> make_fitted_model(ObjectReader& options,
                                                 const std::filesystem::path& base,
                                                 const TargetLibrary& library) {
    const bool by_name = options.has("profile");
    const std::string name = options.text(by_name ? "profile" : "predictor");
    if (name.empty())
        return nullptr;
    return make_fitted_model(read_predictor(
        by_name ? library.resolve(name, base) : Document::read(base / name), network_schema()));
}

std::unique_ptr<HardwareModel> make_fitted_model(PredictorDocument document) {
    return std::make_unique<FittedModel>(std::move(document));
}

PredictorDocument fit_networks(Target target,
                               std::span<const Measured> measured,
                               std::span<const spaces::Network* const> reference,
                               std::vector<KnownTarget> known) {
    Samples samples = samples_of(measured);
    const FeatureRows rows = reference.empty() ? samples.features : network_features(reference, {});
    FeatureStatistics statistics = statistics_of(with_known_targets(rows, known));
    return fit(std::move(target), std::move(samples), std::move(statistics), std::move(known));
}

KnownTarget known_target(const PredictorDocument& document) {
    return known_target(
        document.target.name, document.predictor.additive_part(), document.samples.features);
}

std::vector<std::size_t> choose_networks(std::span<const spaces::Network* const> candidates,
                                         std::size_t count,
                                         Rng& rng,
                                         std::span<const std::size_t> taken) {
    if (candidates.empty())
        throw Error(ErrorKind::invalid_input, "there are no networks to choose from");
    const FeatureRows rows = network_features(candidates, {});
    const FeatureStatistics statistics = statistics_of(rows);
    // Designed for what is run once as well, ten probes would tell less of either.
    const PredictorOptions options = network_predictor_options(statistics);
    const auto all = std::ranges::find(options.members, "all", &MemberOptions::name);
    std::vector<std::string> blocks;
    std::vector<double> variances;
    for (std::size_t i = 0; i < all->blocks.size(); ++i)
        if (all->blocks[i] != kKnownTargets && all->blocks[i] != kKnownTargetsMean) {
            blocks.push_back(all->blocks[i]);
            variances.push_back(all->variances[i]);
        }
    const FeatureScale scale(network_schema(), blocks, statistics);
    std::vector<Index> first(taken.begin(), taken.end());
    if (first.empty())
        first = ends_of(rows);
    const DesignPrior prior{.block_variance = Eigen::Map<const Eigen::VectorXd>(
                                variances.data(), std::ssize(variances))};
    std::vector<std::size_t> chosen;
    for (const Index each : design_probes(scale, rows, prior, first, taken.size() + count, rng))
        chosen.push_back(static_cast<std::size_t>(each));
    chosen.erase(chosen.begin(), chosen.begin() + std::ssize(taken));
    return chosen;
}

}  // namespace parnas::hw_models
