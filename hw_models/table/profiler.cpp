// SPDX-License-Identifier: Apache-2.0
#include "hw_models/table/profiler.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/quiet_machine.h"
#include "core/rng.h"
#include "core/trial.h"
#include "hw_models/table/entry_lookup.h"
#include "hw_models/table/fusion_test.h"
#include "spaces/covering.h"

namespace parnas::hw_models {
namespace {

using NetworkPointer = std::shared_ptr<const spaces::Network>;

// Of all work, roughly; kernels take what remains.
constexpr double kFusionShare = 0.03;
constexpr double kNetworkShare = 0.25;

// A kernel that is measured: its times, one per pass.
struct Candidate {
    KernelCase kernel;
    std::size_t uses = 0;
    std::vector<Seconds> times;

    Seconds time() const { return TimeSample(times).median(); }
};

class Profiler {
  public:
    Profiler(const spaces::SearchSpace& space,
             const Runtime& runtime,
             Meter& meter,
             const ProfilerOptions& options,
             const ProfilerProgress& progress,
             const std::stop_token& stop)
        : space_(space),
          runtime_(runtime),
          meter_(meter),
          options_(options),
          progress_(progress),
          stop_(stop),
          rng_(options.seed),
          timer_(runtime, meter, options.kernel) {}

    OperatorTable run() {
        progress_("fusion", 0.0);
        table_.target = runtime_.target();
        table_.rules = find_fusion(timer_, stop_);
        draw_networks();
        collect_kernels();
        measure_kernels();
        table_.provenance.not_monotone = static_cast<int>(mend_order());
        keep_entries();
        table_.additivity = fit_additivity(measure_networks());
        table_.provenance.space = std::string(space_.name());
        table_.provenance.date = options_.date;
        table_.provenance.tool = options_.tool;
        table_.provenance.passes = options_.passes;
        table_.provenance.disturbed = timer_.disturbed() + disturbed_networks_;
        table_.provenance.cache = options_.kernel.cache == CacheState::rotate ? "rotate" : "warm";
        return std::move(table_);
    }

  private:
    NetworkPointer decode(const Genotype& genotype) const {
        NetworkPointer network = space_.decode(genotype).network;
        if (network == nullptr)
            throw Error(ErrorKind::invalid_input,
                        "a space of hyperparameters alone has no kernels",
                        std::string(space_.name()));
        return network;
    }

    void draw_networks() {
        if (space_.shared_weights() != nullptr)
            for (const Genotype& genotype : spaces::covering_genotypes(space_))
                networks_.push_back(decode(genotype));
        Rng rng = rng_.fork("kernels");
        for (std::size_t i = 0; i < options_.samples; ++i)
            networks_.push_back(decode(spaces::sample_feasible(space_, rng)));
        table_.provenance.networks = static_cast<int>(networks_.size());
    }

    // The kernels of all networks, the most frequent ones first.
    void collect_kernels() {
        std::map<std::string, Candidate> found;
        for (const NetworkPointer& network : networks_)
            for (KernelCase& kernel : split_kernels(*network, table_.rules).kernels) {
                Candidate& candidate = found[kernel.key];
                if (candidate.uses++ == 0)
                    candidate.kernel = std::move(kernel);
            }
        for (auto& [key, candidate] : found)
            candidates_.push_back(std::move(candidate));
        std::ranges::stable_sort(candidates_, std::greater{}, &Candidate::uses);
        if (candidates_.size() > options_.kernels) {
            table_.provenance.left_out = static_cast<int>(candidates_.size() - options_.kernels);
            candidates_.resize(options_.kernels);
        }
    }

    void measure(const std::vector<Candidate*>& block) {
        std::vector<const spaces::Network*> networks;
        for (const Candidate* candidate : block)
            networks.push_back(&candidate->kernel.network);
        const std::vector<Seconds> times = timer_.time(networks, stop_);
        for (std::size_t i = 0; i < block.size(); ++i)
            block[i]->times.push_back(times[i]);
    }

    void measure_kernels() {
        Rng rng = rng_.fork("order");
        std::vector<Candidate*> order;
        for (Candidate& candidate : candidates_)
            order.push_back(&candidate);
        const auto all = static_cast<double>(order.size()) * options_.passes;
        double done = 0.0;
        for (int pass = 0; pass < options_.passes; ++pass) {
            rng.shuffle(std::span(order));
            for (std::size_t i = 0; i < order.size(); i += options_.block) {
                progress_("kernels",
                          kFusionShare + done / all * (1.0 - kFusionShare - kNetworkShare));
                const std::size_t end = std::min(order.size(), i + options_.block);
                measure({order.begin() + static_cast<std::ptrdiff_t>(i),
                         order.begin() + static_cast<std::ptrdiff_t>(end)});
                done += static_cast<double>(end - i);
            }
        }
    }

    // Kernels that differ in the number of output channels alone, fewer first.
    std::vector<std::vector<Candidate*>> families() {
        std::map<std::string, std::vector<Candidate*>> families;
        for (Candidate& candidate : candidates_) {
            const std::string& key = candidate.kernel.key;
            const std::size_t out = key.find(" out=");
            if (out == std::string::npos)
                continue;
            const std::size_t end = key.find_first_of(" ,", out + 1);
            families[key.substr(0, out) + key.substr(end)].push_back(&candidate);
        }
        std::vector<std::vector<Candidate*>> found;
        for (auto& [key, members] : families) {
            std::ranges::sort(
                members, {}, [](const Candidate* each) { return each->kernel.work.multiply_adds; });
            found.push_back(std::move(members));
        }
        return found;
    }

    std::vector<std::pair<Candidate*, Candidate*>> out_of_order() {
        constexpr double kFaster = 0.95;
        std::vector<std::pair<Candidate*, Candidate*>> pairs;
        for (const std::vector<Candidate*>& family : families())
            for (std::size_t i = 1; i < family.size(); ++i)
                if (family[i]->time() < kFaster * family[i - 1]->time())
                    pairs.emplace_back(family[i - 1], family[i]);
        return pairs;
    }

    // Measures again where more work took less time, as often again; returns how many pairs
    // stay so: runtimes do have such steps.
    std::size_t mend_order() {
        std::set<Candidate*> suspects;
        for (const auto& [fewer, more] : out_of_order())
            suspects.insert({fewer, more});
        for (int pass = 0; pass < options_.passes; ++pass)
            for (Candidate* suspect : suspects)
                measure({suspect});
        return out_of_order().size();
    }

    void keep_entries() {
        for (const Candidate& candidate : candidates_) {
            const TimeSample sample(candidate.times);
            table_.entries.push_back({.key = candidate.kernel.key,
                                      .kind = candidate.kernel.kind,
                                      .work = candidate.kernel.work,
                                      .time = sample.median(),
                                      .low = sample.least(),
                                      .high = sample.quantile(1.0)});
        }
        std::ranges::sort(table_.entries, {}, &TableEntry::key);
    }

    std::vector<MeasuredNetwork> measure_networks() {
        const EntryLookup lookup(table_);
        Rng rng = rng_.fork("networks");
        std::vector<NetworkPointer> networks;
        while (networks.size() < options_.networks)
            networks.push_back(decode(spaces::sample_feasible(space_, rng)));
        const std::vector<Seconds> times = time_whole(networks);
        std::vector<MeasuredNetwork> measured;
        for (std::size_t i = 0; i < networks.size(); ++i) {
            MeasuredNetwork each{.terms = {}, .time = times[i]};
            const KernelList list = split_kernels(*networks[i], table_.rules);
            each.terms.kernels = static_cast<int>(list.kernels.size());
            each.terms.branches = list.branches;
            for (const KernelCase& kernel : list.kernels)
                each.terms.kernel_sum += lookup.find(kernel.key, kernel.kind, kernel.work).time;
            measured.push_back(each);
        }
        return measured;
    }

    // In passes, as kernels are.
    std::vector<Seconds> time_whole(const std::vector<NetworkPointer>& networks) {
        std::vector<std::vector<Seconds>> times(networks.size());
        const double all = static_cast<double>(networks.size()) * options_.passes;
        double done = 0.0;
        for (int pass = 0; pass < options_.passes; ++pass)
            for (std::size_t i = 0; i < networks.size(); ++i) {
                progress_("networks", 1.0 - kNetworkShare + kNetworkShare * done++ / all);
                times[i].push_back(measure_whole(*networks[i]));
            }
        std::vector<Seconds> medians;
        for (std::vector<Seconds>& each : times)
            medians.push_back(TimeSample(std::move(each)).median());
        return medians;
    }

    Seconds measure_whole(const spaces::Network& network) {
        std::vector<std::unique_ptr<Runner>> runners;
        runners.push_back(runtime_.load(network));
        const Quiet quiet;
        const Timing timing = meter_.measure(runners, options_.network, stop_);
        disturbed_networks_ += timing.disturbed ? 1 : 0;
        return timing.times.median();
    }

    const spaces::SearchSpace& space_;
    const Runtime& runtime_;
    Meter& meter_;
    const ProfilerOptions& options_;
    const ProfilerProgress& progress_;
    const std::stop_token& stop_;
    Rng rng_;
    KernelTimer timer_;
    std::vector<NetworkPointer> networks_;
    std::vector<Candidate> candidates_;
    OperatorTable table_;
    int disturbed_networks_ = 0;
};

}  // namespace

OperatorTable profile_space(const spaces::SearchSpace& space,
                            const Runtime& runtime,
                            Meter& meter,
                            const ProfilerOptions& options,
                            const ProfilerProgress& progress,
                            const std::stop_token& stop) {
    return Profiler(space, runtime, meter, options, progress, stop).run();
}

}  // namespace parnas::hw_models
