// SPDX-License-Identifier: Apache-2.0
#include "hw_models/roofline.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "core/hash.h"
#include "hw_models/costs/kernel_work.h"
#include "hw_models/estimate_each.h"
#include "hw_models/roofline_profile.h"
#include "spaces/dtype.h"

namespace parnas::hw_models {
namespace {

constexpr double kNormal95 = 1.6448536269514722;  // 95 % quantile: both ends make 90 %

class Roofline : public HardwareModel {
  public:
    Roofline(RooflineProfile profile, Digest digest)
        : profile_(std::move(profile)), digest_(digest), target_(profile_.card.target) {
        target_.name = fmt::format("{}/roofline/{}t/{}/b{}",
                                   target_.name,
                                   target_.threads,
                                   spaces::to_string(target_.dtype),
                                   target_.batch);
    }

    const Target& target() const override { return target_; }

    std::string fingerprint() const override {
        return fmt::format("roofline@1 {} {}", target_.name, to_string(digest_));
    }

    std::vector<Estimate> estimate(std::span<const spaces::Network* const> networks,
                                   const std::stop_token& stop) const override {
        return estimate_each(networks, target(), stop, [&](const spaces::Network& network) {
            return estimate_one(network);
        });
    }

  private:
    Estimate estimate_one(const spaces::Network& network) const {
        const std::vector<spaces::Count> counts = spaces::count_nodes(network);
        const Run run{.dtype = target_.dtype, .batch = target_.batch};
        double seconds = 0.0;
        for (const spaces::Kernel& kernel : spaces::kernels(network)) {
            const Work work = work_of(network, kernel, counts, run);
            if (work.multiply_adds == 0.0 && work.bytes == 0.0)
                continue;  // a view: nothing runs
            const double compute = 2.0 * work.multiply_adds / (profile_.peak_gflops * 1e9);
            const double memory = work.bytes / (profile_.memory_gb_per_s * 1e9);
            seconds += std::max(compute, memory) + profile_.kernel_overhead_us * 1e-6;
        }

        const double log_sd = profile_.uncertainty;
        Estimate estimate;
        estimate.latency = Seconds(seconds);
        // Of a lognormal variable with this median.
        estimate.stddev = estimate.latency * std::exp(log_sd * log_sd / 2.0) *
                          std::sqrt(std::expm1(log_sd * log_sd));
        estimate.low = estimate.latency * std::exp(-kNormal95 * log_sd);
        estimate.high = estimate.latency * std::exp(kNormal95 * log_sd);
        estimate.source = Source::analytic;
        return estimate;
    }

    RooflineProfile profile_;
    Digest digest_;
    Target target_;
};

}  // namespace

std::unique_ptr<HardwareModel> make_roofline_model(ObjectReader& options,
                                                   const std::filesystem::path& base,
                                                   const TargetLibrary& library) {
    const std::string name = options.text("profile");
    const std::optional<std::int64_t> batch = options.optional_integer("batch", {1, 1'000'000});
    if (name.empty())
        return nullptr;
    const Document document = library.resolve(name, base);
    RooflineProfile profile = read_profile(document);
    profile.card.target.batch = batch.value_or(profile.card.target.batch);
    return std::make_unique<Roofline>(std::move(profile), hash_bytes(dump_json(document.root())));
}

}  // namespace parnas::hw_models
