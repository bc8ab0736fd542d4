// SPDX-License-Identifier: Apache-2.0
#include "hw_models/costs/costed_model.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "hw_models/costs/network_costs.h"
#include "hw_models/learns.h"
#include "spaces/count.h"
#include "tests/support/catch.h"
#include "tests/support/networks.h"

using namespace parnas;
using namespace parnas::hw_models;
using Catch::Matchers::Contains;

namespace {

// 2 ms for whatever it is asked.
class Constant final : public HardwareModel {
  public:
    explicit Constant(Target target, std::optional<Millijoules> energy = std::nullopt)
        : target_(std::move(target)), energy_(energy) {}
    const Target& target() const override { return target_; }
    std::string fingerprint() const override { return "constant"; }
    std::vector<Estimate> estimate(std::span<const spaces::Network* const> networks,
                                   const std::stop_token&) const override {
        const Milliseconds latency(2.0);
        return std::vector<Estimate>(
            networks.size(),
            {.latency = latency, .low = latency, .high = latency, .energy = energy_});
    }

  private:
    Target target_;
    std::optional<Millijoules> energy_;
};

// 1 ms for each network that it was told.
class Learner final : public HardwareModel, public Learns {
  public:
    explicit Learner(std::size_t told) : told_(told) {}
    const Target& target() const override { return target_; }
    std::string fingerprint() const override { return "learner"; }
    std::vector<Estimate> estimate(std::span<const spaces::Network* const> networks,
                                   const std::stop_token&) const override {
        const Milliseconds latency(static_cast<double>(told_));
        return std::vector<Estimate>(networks.size(), {.latency = latency});
    }
    std::unique_ptr<HardwareModel> refitted(std::span<const Measured> added) const override {
        return std::make_unique<Learner>(told_ + added.size());
    }

  private:
    std::size_t told_;
    Target target_{.name = "t"};
};

std::unique_ptr<HardwareModel> with_figures(const Json& figures,
                                            const Target& target = {.name = "t"},
                                            std::optional<Millijoules> energy = std::nullopt) {
    Faults faults;
    ObjectReader reader(figures, "/target", faults);
    auto model = with_costs(std::make_unique<Constant>(target, energy), reader);
    reader.finish();
    faults.throw_if_any();
    return model;
}

Estimate cost_of(const HardwareModel& model, const spaces::Network& network) {
    const spaces::Network* one = &network;
    return model.estimate({&one, 1}, {}).at(0);
}

// 100 multiply-adds per output and one for its bias: weights of 4 * 1010 bytes, activations of
// 4 * (100 + 10).
spaces::Network linear() {
    return tests::network_of(spaces::Linear{.out = 10}, {{100}});
}

}  // namespace

TEST_CASE("sizes of weights follow the type, and a node that is narrower", "[hw_models][costs]") {
    spaces::Network network = linear();
    const ModelSize size = model_size(network);
    CHECK(size.fp32 == Bytes(4040));
    CHECK(size.fp16 == Bytes(2020));
    CHECK(size.bf16 == Bytes(2020));
    CHECK(size.int8 == Bytes(1010));
    CHECK(size.in(spaces::DType::bf16) == size.bf16);
    network.nodes[0].precision = spaces::DType::int8;
    CHECK(model_size(network).fp32 == Bytes(1010));
}

TEST_CASE("memory is the weights and what is alive at the worst moment", "[hw_models][costs]") {
    const Estimate one = cost_of(*with_figures(Json::object()), linear());
    CHECK(one.weights == Bytes(4040));
    CHECK(one.peak_activations == Bytes(440));
    CHECK(one.peak_memory == Bytes(4480));
    const auto int8 =
        with_figures(Json::object(), {.name = "t", .dtype = spaces::DType::int8, .batch = 3});
    CHECK(cost_of(*int8, linear()).peak_memory == Bytes(1010 + 3 * 110));
}

TEST_CASE("the rules of memory are the target's", "[hw_models][costs]") {
    tests::NetworkDraft draft;
    const spaces::Conv conv{.out = 4, .kernel = {3, 3}, .padding = {1, 1}};
    const spaces::ValueId made = draft.add("conv", conv, {draft.input("image", {1, 8, 8})});
    const spaces::ValueId act = draft.add("act", spaces::Activation{}, {made});
    const spaces::Network network = std::move(draft).finish({act});
    const auto peak = [&](const Json& rules) {
        return cost_of(*with_figures({{"memory", rules}}), network).peak_activations;
    };
    CHECK(peak(Json::object()) == Bytes(4 * (64 + 256)));
    CHECK(peak({{"in_place", false}}) == Bytes(4 * (256 + 256)));
    CHECK(peak({{"workspace", "im2col"}}) == Bytes(4 * (64 + 256 + 9 * 64)));
    CHECK(peak({{"order", "best"}}) == Bytes(4 * (64 + 256)));
}

TEST_CASE("a network that does not fit says what it lacks", "[hw_models][costs]") {
    const auto reason = [](const Json& figures) -> std::string {
        try {
            cost_of(*with_figures(figures), linear());
        } catch (const Error& error) {
            CHECK(error.kind() == ErrorKind::invalid_input);
            return error.what();
        }
        return "it fits";
    };
    CHECK(reason({{"memory_capacity_bytes", 4480}}) == "it fits");
    CHECK_THAT(reason({{"memory_capacity_bytes", 4479}}),
               Contains("need 4480 bytes") && Contains("4479 bytes of memory"));
    // With flash the weights lie there.
    CHECK(reason({{"memory_capacity_bytes", 440}, {"flash_capacity_bytes", 4040}}) == "it fits");
    CHECK_THAT(reason({{"memory_capacity_bytes", 439}, {"flash_capacity_bytes", 4040}}),
               Contains("activations need 440 bytes"));
    CHECK_THAT(reason({{"flash_capacity_bytes", 4039}}), Contains("weights need 4040 bytes"));
}

TEST_CASE("energy is modelled from figures unless it was measured", "[hw_models][costs]") {
    CHECK_FALSE(cost_of(*with_figures(Json::object()), linear()).energy);

    // 3 W for 2 ms, 1010 multiply-adds, 4 * (1010 + 110) bytes from either memory
    const Estimate modelled = cost_of(*with_figures({{"static_power_w", 3},
                                                     {"energy_pj_per_mac", 1e6},
                                                     {"energy_pj_per_dram_byte", 1e4},
                                                     {"energy_pj_per_sram_byte", 1e3}}),
                                      linear());
    REQUIRE(modelled.energy);
    CHECK(modelled.energy->count() == Approx(6.0 + 1.01 + 0.0448 + 0.00448));
    CHECK(modelled.energy_source == EnergySource::modelled);

    const Estimate measured =
        cost_of(*with_figures({{"static_power_w", 3}}, {.name = "t"}, Millijoules(5.0)), linear());
    CHECK(measured.energy == Millijoules(5.0));
    CHECK(measured.energy_source == EnergySource::measured);
}

TEST_CASE("what fused layers hand on costs no energy of the large memory", "[hw_models][costs]") {
    const spaces::Network network = tests::small_mlp(16, 32, 4);
    const auto energy = [&](const char* memory) {
        return cost_of(*with_figures({{memory, 1e6}}), network).energy.value().count();
    };
    const double weights = 16 * 32 + 32 + 32 * 4 + 4;
    // The activation is fused with the layer before it.
    CHECK(energy("energy_pj_per_dram_byte") == Approx(4e-3 * (weights + 16 + 32 + 32 + 4)));
    CHECK(energy("energy_pj_per_sram_byte") ==
          Approx(4e-3 * (weights + 16 + 32 + 32 + 32 + 32 + 4)));
}

TEST_CASE("a multiply-add costs by the type that its node runs in", "[hw_models][costs]") {
    const Json figures{{"energy_pj_per_mac", {{"fp32", 4.6e6}, {"int8", 0.3e6}}}};
    spaces::Network network = linear();
    CHECK(cost_of(*with_figures(figures), network).energy->count() == Approx(4.6 * 1.01));
    network.nodes[0].precision = spaces::DType::int8;
    CHECK(cost_of(*with_figures(figures), network).energy->count() == Approx(0.3 * 1.01));
    CHECK_THROWS_WITH(with_figures(figures, {.name = "t", .dtype = spaces::DType::bf16}),
                      Contains("no figure for 'bf16'"));
}

TEST_CASE("a price per hour gives the cost of a million inferences", "[hw_models][costs]") {
    const Estimate free = cost_of(*with_figures(Json::object()), linear());
    CHECK(free.throughput_per_s.value() == Approx(500.0));
    CHECK_FALSE(free.cost_per_million);

    // 8 in 2 ms on each of 2 streams: 8000 per second, 60 % of the time.
    const Target batch{.name = "t", .batch = 8};
    const Estimate paid =
        cost_of(*with_figures({{"price_per_hour", 3.6}, {"concurrency", 2}}, batch), linear());
    CHECK(paid.throughput_per_s.value() == Approx(8000.0));
    CHECK(paid.cost_per_million.value() == Approx(0.001 / (8000.0 * 0.6) * 1e6));
    const Estimate busy = cost_of(
        *with_figures({{"price_per_hour", 3.6}, {"concurrency", 2}, {"utilisation", 1.0}}, batch),
        linear());
    CHECK(busy.cost_per_million.value() == Approx(0.6 * paid.cost_per_million.value()));
}

TEST_CASE("a job's figures replace the target's, and are part of the fingerprint",
          "[hw_models][costs]") {
    Target target{.name = "t"};
    target.figures.price_per_hour = 1.0;
    target.figures.static_power = Watts(7.0);
    const auto plain = with_figures(Json::object(), target);
    const auto priced = with_figures({{"price_per_hour", 2.0}}, target);
    CHECK(priced->target().figures.price_per_hour == 2.0);
    CHECK(priced->target().figures.static_power == Watts(7.0));
    CHECK(priced->fingerprint() != plain->fingerprint());
    CHECK(plain->fingerprint() == with_figures(Json::object(), target)->fingerprint());
    CHECK_THROWS_WITH(with_figures({{"utilisation", 1.5}, {"memory", {{"workspace", "winograd"}}}}),
                      Contains("/target/utilisation") && Contains("/target/memory/workspace"));
}

TEST_CASE("a model that learns does so with its costs", "[hw_models][costs]") {
    const Json figures{{"price_per_hour", 3.6}};
    Faults faults;
    ObjectReader reader(figures, "/target", faults);
    const auto model = with_costs(std::make_unique<Learner>(1), reader);
    const auto* learner = dynamic_cast<const Learns*>(model.get());
    REQUIRE(learner != nullptr);
    CHECK(dynamic_cast<const Learns*>(with_figures(figures).get()) == nullptr);

    const spaces::Network network = linear();
    const Measured measured{.network = &network, .latency = Milliseconds(1.0)};
    const auto refitted = learner->refitted({&measured, 1});
    CHECK(cost_of(*refitted, network).latency == Milliseconds(2.0));
    CHECK(cost_of(*refitted, network).cost_per_million.value() ==
          Approx(2.0 * cost_of(*model, network).cost_per_million.value()));
    CHECK(dynamic_cast<const Learns*>(refitted.get()) != nullptr);
}
