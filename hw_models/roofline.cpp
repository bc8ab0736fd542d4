// SPDX-License-Identifier: Apache-2.0
#include "hw_models/roofline.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"
#include "core/hash.h"
#include "hw_models/roofline_profile.h"
#include "spaces/count.h"
#include "spaces/dtype.h"
#include "spaces/kernels.h"

namespace parnas::hw_models {
namespace {

constexpr double kNormal95 = 1.6448536269514722;  // 95 % quantile: both ends make 90 %

// Work of one batch.
struct Work {
    double multiply_adds = 0.0;
    double bytes = 0.0;
};

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
        std::vector<Estimate> estimates;
        estimates.reserve(networks.size());
        for (const spaces::Network* network : networks) {
            if (stop.stop_requested())
                throw Error(ErrorKind::unavailable, "stopped", target_.name);
            estimates.push_back(estimate_one(*network));
        }
        return estimates;
    }

  private:
    Estimate estimate_one(const spaces::Network& network) const {
        const std::vector<spaces::Count> counts = spaces::count_nodes(network);
        double seconds = 0.0;
        double multiply_adds = 0.0;
        for (const spaces::Kernel& kernel : spaces::kernels(network)) {
            const Work work = work_of(network, kernel, counts);
            if (work.multiply_adds == 0.0 && work.bytes == 0.0)
                continue;  // a view: nothing runs
            const double compute = 2.0 * work.multiply_adds / (profile_.peak_gflops * 1e9);
            const double memory = work.bytes / (profile_.memory_gb_per_s * 1e9);
            seconds += std::max(compute, memory) + profile_.kernel_overhead_us * 1e-6;
            multiply_adds += work.multiply_adds;
        }

        const double log_sd = profile_.uncertainty;
        Estimate estimate;
        estimate.latency = Seconds(seconds);
        // Of a lognormal variable with this median.
        estimate.stddev = estimate.latency * std::exp(log_sd * log_sd / 2.0) *
                          std::sqrt(std::expm1(log_sd * log_sd));
        estimate.low = estimate.latency * std::exp(-kNormal95 * log_sd);
        estimate.high = estimate.latency * std::exp(kNormal95 * log_sd);
        estimate.energy = energy(estimate.latency, multiply_adds);
        estimate.peak_memory = peak_memory(network, counts);
        estimate.source = Source::analytic;
        return estimate;
    }

    // How much smaller a node's values are on the target.
    double narrowing(const spaces::Node& node) const {
        return std::min(1.0,
                        static_cast<double>(spaces::byte_size(target_.dtype)) /
                            static_cast<double>(spaces::byte_size(node.precision)));
    }

    Work work_of(const spaces::Network& network,
                 const spaces::Kernel& kernel,
                 const std::vector<spaces::Count>& counts) const {
        Work work;
        const auto batch = static_cast<double>(target_.batch);
        for (const std::size_t index : kernel.nodes) {
            const spaces::Count& count = counts[index];
            work.multiply_adds += static_cast<double>(count.multiply_adds) * batch;
            // A batch shares the weights. Of an embedding's table only some rows are read.
            const bool table = std::holds_alternative<spaces::Embedding>(network.nodes[index].op);
            const std::int64_t weight_bytes = table ? 0 : count.weight_bytes;
            auto bytes = static_cast<double>(weight_bytes);
            if (index == kernel.nodes.front())
                bytes += static_cast<double>(count.bytes_read - weight_bytes) * batch;
            if (index == kernel.nodes.back())
                bytes += static_cast<double>(count.bytes_written) * batch;
            work.bytes += bytes * narrowing(network.nodes[index]);
        }
        return work;
    }

    std::optional<Millijoules> energy(Milliseconds latency, double multiply_adds) const {
        if (!profile_.static_power_w && !profile_.energy_pj_per_mac)
            return std::nullopt;
        return Watts(profile_.static_power_w.value_or(0.0)) * latency +
               Millijoules(profile_.energy_pj_per_mac.value_or(0.0) * multiply_adds * 1e-9);
    }

    Bytes peak_memory(const spaces::Network& network,
                      const std::vector<spaces::Count>& counts) const {
        double weights = 0.0;
        double widest = 0.0;  // the least narrowed node bounds what narrowing saves
        for (std::size_t i = 0; i < counts.size(); ++i) {
            const double factor = narrowing(network.nodes[i]);
            weights += static_cast<double>(counts[i].weight_bytes) * factor;
            widest = std::max(widest, factor);
        }
        const auto activations = static_cast<double>(spaces::count(network).peak_activation_bytes);
        return Bytes(
            std::llround(weights + activations * widest * static_cast<double>(target_.batch)));
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
