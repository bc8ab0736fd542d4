// SPDX-License-Identifier: Apache-2.0
// Facts of published tables, where a folder with them lies beside the source tree.
#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include "core/document.h"
#include "core/error.h"
#include "evaluators/tabular/tabular.h"
#include "spaces/load.h"
#include "tests/support/catch.h"
#include "tests/support/repository.h"

using namespace parnas;
using namespace parnas::evaluators;

namespace {

const std::filesystem::path kTables = tests::repository() / "../shared/data";

// An evaluator and its space, checked against each other.
struct Recorded {
    std::unique_ptr<spaces::SearchSpace> space;
    std::unique_ptr<Evaluator> evaluator;

    Outcome operator()(const Genotype& genotype,
                       Stage stage = Stage::search,
                       const std::function<Verdict(std::int64_t, const Metrics&)>& report = {}) {
        return evaluator->evaluate({.genotype = genotype, .stage = stage},
                                   {.space = *space, .report = report});
    }
};

std::optional<Recorded> load(const std::string& space, const std::string& options) {
    if (!std::filesystem::exists(kTables)) {
        WARN("skipped: no folder " << kTables);
        return std::nullopt;
    }
    Recorded recorded;
    recorded.space = spaces::load_space(Document::parse(space, "space").root(), ".");
    Faults faults;
    const Document document = Document::parse(options, "options");
    ObjectReader reader(document.root(), "/evaluator", faults);
    recorded.evaluator = make_tabular_evaluator(reader, kTables);
    reader.finish();
    if (recorded.evaluator)
        recorded.evaluator->check_space(*recorded.space, faults);
    faults.throw_if_any();
    return recorded;
}

// Every genotype of a space of categorical parameters.
std::vector<Genotype> every(const spaces::SearchSpace& space) {
    std::vector<Genotype> genotypes{{}};
    for (const spaces::Param& param : space.params()) {
        std::vector<Genotype> longer;
        for (const Genotype& genotype : genotypes)
            for (std::uint64_t i = 0; i < *spaces::cardinality(param.domain); ++i) {
                longer.push_back(genotype);
                longer.back().values.push_back(spaces::value_at(param.domain, i));
            }
        genotypes = std::move(longer);
    }
    return genotypes;
}

constexpr const char* kCells = R"(
tables: [nb201_accuracy.csv.gz, {file: nb201_latency.csv.gz, on: index}]
key: {ops: "{cell.node1.from0}{cell.node2.from0}{cell.node2.from1}{cell.node3.from0}{cell.node3.from1}{cell.node3.from2}"}
values: {none: 0, skip: 1, conv1x1: 2, conv3x3: 3, avgpool3x3: 4}
metrics: {index: index, accuracy: c10_val200 / 100, latency_ms: help_raspi4_ms}
cost: 200 * c10_train_s_per_epoch
fidelities:
  - fidelity: 0.06
    metrics: {index: index, accuracy: c10_val12 / 100, latency_ms: help_raspi4_ms}
    cost: 12.35 * c10_train_s_per_epoch
test_metrics: {cifar10: c10_test200, cifar100: c100_test200, imagenet: in16_test200}
)";

}  // namespace

TEST_CASE("NAS-Bench-201 has every cell and its published optima", "[evaluators][tabular]") {
    auto cells = load("cell201", kCells);
    if (!cells)
        return;
    Metrics best;
    for (const Genotype& genotype : every(*cells->space)) {
        const auto measurement = std::get<Measurement>((*cells)(genotype, Stage::finalist));
        for (const auto& [name, value] : measurement.metrics)
            best[name] = std::max(best[name], value);
    }
    CHECK(best.at("index") == 15624.0);
    CHECK(best.at("cifar10") == Approx(94.3733).epsilon(1e-6));
    CHECK(best.at("cifar100") == Approx(73.5133).epsilon(1e-6));
    CHECK(best.at("imagenet") == Approx(47.3111).epsilon(1e-6));

    const Genotype all_skip{{1L, 1L, 1L, 1L, 1L, 1L}};
    const Metrics skips = std::get<Measurement>((*cells)(all_skip, Stage::finalist)).metrics;
    CHECK(skips.at("index") == 1835.0);
    CHECK(skips.at("cifar10") == Approx(54.297).epsilon(1e-5));
    // |avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip...
    const Genotype first{{4L, 2L, 1L, 2L, 1L, 1L}};
    const auto measurement = std::get<Measurement>((*cells)(first));
    CHECK(measurement.metrics.at("index") == 0.0);
    CHECK(measurement.metrics.at("latency_ms") == 10.48198);
    CHECK(measurement.cost.count() == Approx(200 * 7.221093));
}

TEST_CASE("the grids of HPOlib and HPOBench are found by value", "[evaluators][tabular]") {
    auto nets = load(R"({document: {name: fcnet@1, training: {
            activation_fn_1: {one_of: [relu, tanh]}, activation_fn_2: {one_of: [relu, tanh]},
            batch_size: {one_of: [8, 16, 32, 64]},
            dropout_1: {real: [0.0, 0.6], step: 0.3}, dropout_2: {one_of: [0, 0.3, 0.6]},
            init_lr: {one_of: [5.0e-4, 0.001, 0.005, 0.01, 0.05, 0.1]},
            lr_schedule: {one_of: [const, cosine]},
            n_units_1: {one_of: [16, 32, 64, 128, 256, 512]},
            n_units_2: {one_of: [16, 32, 64, 128, 256, 512]}}}})",
                     "{table: fcnet_naval_propulsion.csv.gz, metrics: {mse: valid_mse_mean},"
                     " cost: runtime_s_mean}");
    if (!nets)
        return;
    std::size_t found = 0;
    const std::vector<Genotype> genotypes = every(*nets->space);
    for (const Genotype& genotype : genotypes)
        found += std::holds_alternative<Measurement>((*nets)(genotype)) ? 1 : 0;
    CHECK(genotypes.size() == 62208);
    CHECK(found == 62208);

    auto layers = load(R"({document: {name: nn@1, training: {
            alpha: {one_of: [1.0e-8, 1.0]}, batch_size: {integer: [4, 256]},
            depth: {integer: [1, 3]}, learning_rate_init: {one_of: [1.0e-5]},
            width: {one_of: [16, 1024]}}}})",
                       "{table: hpobench_nn_vehicle.csv.gz, metrics: {accuracy: bal_acc_mean}}");
    CHECK(std::get<Measurement>((*layers)({{0L, 4L, 1L, 0L, 0L}})).metrics.at("accuracy") ==
          0.56659);
    CHECK(std::get<Failure>((*layers)({{0L, 5L, 1L, 0L, 0L}})).kind == FailureKind::infeasible);
}

TEST_CASE("LCBench's random designs are found by the nearest row", "[evaluators][tabular]") {
    auto curves = load(R"({document: {name: lcbench@1, training: {
            batch_size: {integer: [16, 512], log: true},
            learning_rate: {real: [1.0e-4, 0.1], log: true},
            momentum: {real: [0.1, 0.99]}, weight_decay: {real: [1.0e-5, 0.1]},
            num_layers: {integer: [1, 5]}, max_units: {integer: [64, 1024], log: true},
            max_dropout: {real: [0, 1]}}}})",
                       R"({table: lcbench_surrogate_126026.csv.gz, match: nearest, cost: time_s_e52,
            metrics: {accuracy: va52},
            reports: {steps: 52, metrics: {accuracy: "va{step}"}}})");
    if (!curves)
        return;
    // The first row, a little off.
    const Genotype genotype{{107L, 0.0272, 0.3604, 0.0375, 3L, 846L, 0.2831}};
    std::vector<double> reported;
    const auto measurement = std::get<Measurement>(
        (*curves)(genotype, Stage::search, [&](std::int64_t, const Metrics& metrics) {
            reported.push_back(metrics.at("accuracy"));
            return reported.size() == 26 ? Verdict::stop : Verdict::go_on;
        }));
    CHECK(reported.front() == 48.34);
    CHECK(measurement.metrics.at("accuracy") == 93.97);
    CHECK(measurement.fidelity == 0.5);
    CHECK(measurement.cost.count() == Approx(200.23 / 2));
}

TEST_CASE("NAS-Bench-Graph has 26,206 of the combinations", "[evaluators][tabular]") {
    const std::string ops = "{one_of: [arma, cheb, fc, gat, gcn, gin, graph, sage, skip]}";
    auto graphs = load(
        "{document: {name: graph@1, training: {link: {one_of: ['0000', '0001', "
        "'0011', '0012', '0013', '0111', '0112', '0122', '0123']}, op1: " +
            ops + ", op2: " + ops + ", op3: " + ops + ", op4: " + ops + "}}}",
        "{table: nasbench_graph_cora.csv.gz, metrics: {accuracy: valid_perf, "
        "latency_ms: latency_ms}, test_metrics: {test_accuracy: test_perf}}");
    if (!graphs)
        return;
    std::size_t found = 0;
    for (const Genotype& genotype : every(*graphs->space))
        found += std::holds_alternative<Measurement>((*graphs)(genotype)) ? 1 : 0;
    CHECK(found == 26206);
    const auto first = std::get<Measurement>((*graphs)({{0L, 3L, 3L, 3L, 3L}}, Stage::finalist));
    CHECK(first.metrics ==
          Metrics{{"accuracy", 0.773333}, {"latency_ms", 5.92224}, {"test_accuracy", 0.797}});
}

TEST_CASE("gnn's networks are the rows of NAS-Bench-Graph's table, no more and no fewer",
          "[evaluators][tabular][slow]") {
    auto graphs =
        load("gnn", "{table: nasbench_graph_cora.csv.gz, metrics: {accuracy: valid_perf}}");
    if (!graphs)
        return;
    std::size_t feasible = 0, recorded = 0, both = 0;
    for (const Genotype& genotype : every(*graphs->space)) {
        const bool proposed = graphs->space->feasible(genotype);
        const bool found = std::holds_alternative<Measurement>((*graphs)(genotype));
        feasible += proposed ? 1 : 0;
        recorded += found ? 1 : 0;
        both += proposed && found ? 1 : 0;
    }
    CHECK(feasible == 26206);
    CHECK(recorded == 26206);
    CHECK(both == 26206);
}
