// SPDX-License-Identifier: Apache-2.0
#include "api/plugin/plugin_hardware_model.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/plugin/json_rpc.h"
#include "api/plugin/offer.h"
#include "core/error.h"
#include "spaces/network_json.h"

namespace parnas::plugin {
namespace {

using hw_models::Estimate;
using hw_models::HardwareModel;
using hw_models::Target;

// Networks of one request.
constexpr std::size_t kNetworksAtOnce = 64;
constexpr double kMostMilliseconds = 1e9;
constexpr double kMostBytes = 1e15;

Estimate read_estimate(ObjectReader& reader) {
    const Range<double> time{.low = 0.0, .high = kMostMilliseconds};
    Estimate estimate;
    const double latency = reader.real("latency_ms", time);
    estimate.latency = Milliseconds(latency);
    estimate.low = Milliseconds(reader.real("low_ms", latency, time));
    estimate.high = Milliseconds(reader.real("high_ms", latency, time));
    estimate.stddev = Milliseconds(reader.real("stddev_ms", 0.0, time));
    if (const auto p95 = reader.optional_real("p95_ms", time))
        estimate.p95 = Milliseconds(*p95);
    if (const auto energy = reader.optional_real("energy_mj", {.low = 0.0, .high = 1e12}))
        estimate.energy = Millijoules(*energy);
    if (const auto memory =
            reader.optional_real("peak_memory_bytes", {.low = 0.0, .high = kMostBytes}))
        estimate.peak_memory = Bytes(static_cast<std::int64_t>(*memory));
    if (reader.faults().empty() &&
        !(estimate.low <= estimate.latency && estimate.latency <= estimate.high && latency > 0.0))
        reader.fault("latency_ms", "expected 0 < latency_ms, and low_ms <= latency_ms <= high_ms");
    return estimate;
}

class PluginHardwareModel final : public HardwareModel {
  public:
    PluginHardwareModel(std::shared_ptr<const Plugin> plugin, Target target, Json options)
        : plugin_(std::move(plugin)), target_(std::move(target)), options_(std::move(options)) {}

    const Target& target() const override { return target_; }
    std::string fingerprint() const override {
        return fmt::format("plugin {} {} {} {}",
                           plugin_->name(),
                           target_.name,
                           plugin_->document().digest,
                           dump_json(options_));
    }

    std::vector<Estimate> estimate(std::span<const spaces::Network* const> networks,
                                   const std::stop_token& stop) const override {
        std::vector<Estimate> estimates;
        while (!networks.empty()) {
            const auto batch = networks.first(std::min(kNetworksAtOnce, networks.size()));
            Json texts = Json::array();
            for (const spaces::Network* network : batch)
                texts.push_back(spaces::to_json(*network));
            const Json answers = plugin_->ask(
                "target.estimate",
                {{"target", target_.name}, {"options", options_}, {"networks", std::move(texts)}},
                stop);
            if (!answers.is_array() || answers.size() != batch.size())
                throw refuse(wrong_list(answers, batch.size()));
            for (const Json& answer : answers)
                estimates.push_back(read(answer));
            networks = networks.subspan(batch.size());
        }
        return estimates;
    }

  private:
    Error refuse(const std::string& what) const {
        return {ErrorKind::invalid_input, fmt::format("plugin {}: {}", plugin_->name(), what)};
    }

    Estimate read(const Json& answer) const {
        Faults faults;
        ObjectReader reader(answer, "", faults);
        if (const auto refusal = reader.optional_text("error"))
            throw refuse(*refusal);
        const Estimate estimate = read_estimate(reader);
        reader.finish();
        try {
            faults.throw_if_any();
        } catch (const Error& error) {
            throw refuse(fmt::format("its estimate is refused: {}", error.what()));
        }
        return estimate;
    }

    std::shared_ptr<const Plugin> plugin_;
    Target target_;
    Json options_;
};

}  // namespace

hw_models::HardwareModelFactory make_plugin_hardware_models(std::shared_ptr<const Plugin> plugin,
                                                            Target target) {
    return [plugin = std::move(plugin), target = std::move(target)](
               ObjectReader& options,
               const std::filesystem::path&) -> std::unique_ptr<HardwareModel> {
        return std::make_unique<PluginHardwareModel>(plugin, target, read_part_options(options));
    };
}

}  // namespace parnas::plugin
