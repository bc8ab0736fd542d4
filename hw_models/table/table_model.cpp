// SPDX-License-Identifier: Apache-2.0
#include "hw_models/table/table_model.h"

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/hash.h"
#include "core/json.h"
#include "hw_models/estimate_each.h"
#include "hw_models/table/entry_lookup.h"

namespace parnas::hw_models {
namespace {

constexpr double kNormal90 = 1.6448536269514722;  // both ends together leave a tenth
constexpr double kMadeUp = 0.1;  // share of the time from which an estimate is extrapolated

class TableModel final : public HardwareModel {
  public:
    explicit TableModel(OperatorTable table)
        : table_(std::move(table)),
          digest_(hash_bytes(dump_json(to_json(table_)))),
          lookup_(table_) {}

    const Target& target() const override { return table_.target; }

    std::string fingerprint() const override {
        return fmt::format("table@1 {} {}", table_.target.name, to_string(digest_));
    }

    std::vector<Estimate> estimate(std::span<const spaces::Network* const> networks,
                                   const std::stop_token& stop) const override {
        return estimate_each(networks, target(), stop, [&](const spaces::Network& network) {
            return estimate_one(network);
        });
    }

  private:
    Estimate estimate_one(const spaces::Network& network) const {
        const KernelList list = split_kernels(network, table_.rules);
        NetworkTerms terms{.kernels = static_cast<int>(list.kernels.size()),
                           .branches = list.branches};
        double made_up = 0.0;   // seconds
        double variance = 0.0;  // of the sum of what is made up
        for (const KernelCase& kernel : list.kernels) {
            const FoundTime found = lookup_.find(kernel.key, kernel.kind, kernel.work);
            terms.kernel_sum += found.time;
            if (found.measured)
                continue;
            made_up += found.time.count();
            variance += std::pow(found.time.count() * found.log_sd, 2);
        }
        const Seconds latency = table_.additivity.predict(terms);
        const double scaled = table_.additivity.scale / latency.count();
        const double of_kernels = kNormal90 * std::sqrt(variance) * scaled;
        const double reach = std::hypot(table_.additivity.spread, of_kernels);
        Estimate estimate;
        estimate.latency = latency;
        estimate.stddev = latency * (reach / kNormal90);
        estimate.low = latency * std::exp(-reach);
        estimate.high = latency * std::exp(reach);
        estimate.source = Source::fitted;
        estimate.extrapolated = made_up * scaled > kMadeUp;
        return estimate;
    }

    OperatorTable table_;
    Digest digest_;
    EntryLookup lookup_;
};

}  // namespace

std::unique_ptr<HardwareModel> make_table_model(OperatorTable table) {
    return std::make_unique<TableModel>(std::move(table));
}

std::unique_ptr<HardwareModel> make_table_model(ObjectReader& options,
                                                const std::filesystem::path& base,
                                                const TargetLibrary& library) {
    const std::string name = options.text(options.has("table") ? "table" : "profile");
    if (name.empty())
        return nullptr;
    return make_table_model(read_table(library.resolve(name, base)));
}

}  // namespace parnas::hw_models
