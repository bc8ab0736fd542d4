// SPDX-License-Identifier: Apache-2.0
#include "bench/hardware/recorded_space.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <span>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"
#include "evaluators/tabular/table.h"

namespace parnas::bench {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using evaluators::Table;
using hw_models::FeatureRows;

VectorXd numbers(const Table& table, std::string_view name) {
    const std::vector<double> values = table.numbers(table.column(name));
    return Eigen::Map<const VectorXd>(values.data(), std::ssize(values));
}

// A row of `count` integers for each cell, which has them with `separator` between, or as single
// digits.
MatrixXd integers(const Table& table, std::string_view name, Index count, char separator = '\0') {
    const std::size_t index = table.column(name);
    MatrixXd result(static_cast<Index>(table.rows()), count);
    for (std::size_t row = 0; row < table.rows(); ++row) {
        const std::string_view cell = table.cells(index)[row];
        Index next = 0;
        std::size_t begin = 0;
        while (begin < cell.size() && next < count) {
            const std::size_t end =
                separator == '\0' ? begin + 1 : std::min(cell.find(separator, begin), cell.size());
            const auto value = evaluators::to_number<int>(cell.substr(begin, end - begin));
            if (!value)
                break;
            result(static_cast<Index>(row), next++) = *value;
            begin = separator == '\0' ? end : end + 1;
        }
        if (next != count || begin < cell.size())
            throw Error(ErrorKind::invalid_input,
                        fmt::format("expected {} integers, found '{}'", count, cell),
                        table.where(row, index));
    }
    return result;
}

// Builds a schema with its rows, block by block.
class SpaceBuilder {
  public:
    SpaceBuilder(RecordedSpace& space) : space_(space) {}

    void add(std::string name, const MatrixXd& rows) {
        hw_models::FeatureBlock block{.name = std::move(name), .columns = {}};
        for (Index i = 0; i < rows.cols(); ++i)
            block.columns.push_back(std::to_string(i));
        space_.schema.blocks.push_back(std::move(block));
        blocks_.push_back(rows);
    }

    void finish() {
        space_.rows.resize(blocks_.front().rows(), space_.schema.columns());
        Index first = 0;
        for (const MatrixXd& block : blocks_) {
            space_.rows.middleCols(first, block.cols()) = block;
            first += block.cols();
        }
        space_.reference = hw_models::statistics_of(space_.rows);
    }

  private:
    RecordedSpace& space_;
    std::vector<MatrixXd> blocks_;
};

MatrixXd equal_to(const MatrixXd& choices, double value) {
    return (choices.array() == value).cast<double>();
}

// How many of each row's choices have each of the values.
MatrixXd counts_of(const MatrixXd& choices, std::span<const int> values) {
    MatrixXd counts(choices.rows(), std::ssize(values));
    for (Index i = 0; i < counts.cols(); ++i)
        counts.col(i) = equal_to(choices, values[static_cast<std::size_t>(i)]).rowwise().sum();
    return counts;
}

MatrixXd side_by_side(const std::vector<MatrixXd>& parts) {
    Index columns = 0;
    for (const MatrixXd& part : parts)
        columns += part.cols();
    MatrixXd joined(parts.front().rows(), columns);
    Index first = 0;
    for (const MatrixXd& part : parts) {
        joined.middleCols(first, part.cols()) = part;
        first += part.cols();
    }
    return joined;
}

// Where each choice is each of the values.
MatrixXd places_of(const MatrixXd& choices, std::span<const int> values) {
    std::vector<MatrixXd> parts;
    for (const int value : values)
        parts.push_back(equal_to(choices, value));
    return side_by_side(parts);
}

// Of every two columns, and of each with itself.
MatrixXd products_of(const MatrixXd& rows) {
    std::vector<MatrixXd> products;
    for (Index i = 0; i < rows.cols(); ++i)
        for (Index j = i; j < rows.cols(); ++j)
            products.emplace_back(rows.col(i).cwiseProduct(rows.col(j)));
    return side_by_side(products);
}

MatrixXd standardised(const MatrixXd& rows) {
    const hw_models::FeatureStatistics statistics = hw_models::statistics_of(rows);
    MatrixXd result = rows.rowwise() - statistics.mean.transpose();
    for (Index i = 0; i < rows.cols(); ++i)
        if (statistics.spread[i] > 0.0)
            result.col(i) /= statistics.spread[i];
    return result;
}

// Sums of neighbouring columns, of so many each.
MatrixXd sums_of(const MatrixXd& rows, std::span<const int> sizes) {
    MatrixXd sums(rows.rows(), std::ssize(sizes));
    Index first = 0;
    for (Index i = 0; i < sums.cols(); ++i) {
        const int size = sizes[static_cast<std::size_t>(i)];
        sums.col(i) = rows.middleCols(first, size).rowwise().sum();
        first += size;
    }
    return sums;
}

// Ops of a cell of NAS-Bench-201 that its output needs, the others 0; edges (0,1) (0,2) (1,2)
// (0,3) (1,3) (2,3).
MatrixXd needed(const MatrixXd& ops) {
    constexpr std::array<int, 6> kFrom{0, 0, 1, 0, 1, 2};
    constexpr std::array<int, 6> kTo{1, 2, 2, 3, 3, 3};
    MatrixXd result = ops;
    for (Index row = 0; row < ops.rows(); ++row) {
        std::array<bool, 4> is_needed{false, false, false, true};
        for (std::size_t edge = 6; edge-- > 0;)
            if (const auto e = static_cast<Index>(edge);
                is_needed[static_cast<std::size_t>(kTo[edge])] && ops(row, e) != 0.0)
                is_needed[static_cast<std::size_t>(kFrom[edge])] = true;
        for (std::size_t edge = 0; edge < 6; ++edge)
            if (!is_needed[static_cast<std::size_t>(kTo[edge])])
                result(row, static_cast<Index>(edge)) = 0.0;
    }
    return result;
}

// Every column of the table that is no other; a device's name is what lies between the ends.
Devices devices_of(const Table& table,
                   std::span<const std::string_view> others,
                   std::string_view prefix = {},
                   std::string_view suffix = {}) {
    Devices devices;
    for (const std::string& name : table.names())
        if (name.starts_with(prefix) && name.ends_with(suffix) &&
            std::ranges::find(others, name) == others.end())
            devices.emplace(name.substr(prefix.size(), name.size() - prefix.size() - suffix.size()),
                            numbers(table, name));
    return devices;
}

const std::string kKnown(hw_models::kKnownTargets);
const std::string kKnownMean(hw_models::kKnownTargetsMean);

}  // namespace

RecordedSpace load_cells(const std::filesystem::path& folder) {
    const Table table({{.path = folder / "nb201_accuracy.csv.gz", .on = ""},
                       {.path = folder / "nb201_latency.csv.gz", .on = "index"}});
    constexpr std::array kOps{1, 2, 3, 4};  // skip, conv1x1, conv3x3, avgpool; none is nothing
    const MatrixXd ops = integers(table, "ops", 6);
    const MatrixXd counts = counts_of(ops, kOps);
    const MatrixXd needed_counts = counts_of(needed(ops), kOps);
    RecordedSpace space{.name = "cells"};
    SpaceBuilder builder(space);
    builder.add("counts", counts);
    builder.add("needed", needed_counts);
    builder.add("unneeded", needed_counts - counts);
    builder.add("edges", places_of(ops, kOps));
    builder.add("products", products_of(counts));
    builder.finish();
    space.options.members = {
        {"counts", {"counts"}, {1.0}},
        {"needed", {"needed"}, {1.0}},
        {"all", {"counts", "unneeded", "edges", "products"}, {0.7, 0.3, 0.1, 0.1}}};
    space.devices = devices_of(table, {}, "help_", "_ms");
    space.validation = numbers(table, "c100_val200");
    space.test = numbers(table, "c100_test200");
    for (const double each : numbers(table, "rep_index"))
        space.classes.push_back(std::llround(each));
    return space;
}

RecordedSpace load_fbnet(const std::filesystem::path& folder) {
    const Table table({{.path = folder / "fbnet_latency_help.csv.gz", .on = ""}});
    constexpr std::array kOps{0, 1, 2, 3, 4, 5, 6, 7, 8};  // 8: skip
    constexpr std::array kKernels{3, 3, 3, 3, 5, 5, 5, 5, 0};
    constexpr std::array kExpansions{1, 1, 3, 6, 1, 1, 3, 6, 0};
    constexpr std::array kStages{1, 4, 4, 4, 4, 4, 1};
    constexpr std::array kWindows{5, 4, 4, 4, 5};
    const MatrixXd ops = integers(table, "op_idx_list", 22, '_');
    const auto looked_up = [&ops](const std::array<int, 9>& values) -> MatrixXd {
        return ops.unaryExpr([&values](double op) {
            return static_cast<double>(values.at(static_cast<std::size_t>(op)));
        });
    };
    const MatrixXd expansions = looked_up(kExpansions);
    const MatrixXd main = side_by_side({equal_to(ops, 8.0).rowwise().sum(),
                                        looked_up(kKernels).rowwise().sum(),
                                        expansions.rowwise().sum(),
                                        numbers(table, "flops"),
                                        numbers(table, "params")});
    std::vector<MatrixXd> stages;
    Index first = 0;
    for (const int size : kStages) {
        stages.push_back(counts_of(ops.middleCols(first, size), kOps));
        first += size;
    }
    RecordedSpace space{.name = "fbnet"};
    SpaceBuilder builder(space);
    builder.add("sums", side_by_side({main, sums_of(expansions, kWindows)}));
    builder.add("counts", counts_of(ops, kOps));
    builder.add("stages", side_by_side(stages));
    builder.add("positions", places_of(ops, kOps));
    builder.add("products", products_of(standardised(main)));
    builder.finish();
    space.options.members = {
        {"sums", {"sums"}, {1.0}},
        {"known", {"sums", kKnown, kKnownMean}, {0.5, 0.3, 0.3}},
        {"all",
         {"sums", "counts", "stages", "positions", "products", kKnown, kKnownMean},
         {0.4, 0.15, 0.1, 0.1, 0.05, 0.3, 0.3}}};
    constexpr std::array<std::string_view, 4> kOthers{"arch_idx", "op_idx_list", "flops", "params"};
    space.devices = devices_of(table, kOthers);
    return space;
}

RecordedSpace load_ofa(const std::filesystem::path& folder) {
    const Table table({{.path = folder / "ofa_mbv3_latency_help.csv.gz", .on = ""}});
    constexpr std::array kBlocks{4, 4, 4, 4, 4};
    const VectorXd resolution = numbers(table, "r");
    const VectorXd square = resolution.cwiseAbs2();
    const MatrixXd depths = integers(table, "d", 5, ' ');
    MatrixXd runs(depths.rows(), 20);  // 1 where a block is within its stage's depth
    for (Index i = 0; i < runs.cols(); ++i)
        runs.col(i) = (depths.col(i / 4).array() > static_cast<double>(i % 4)).cast<double>();
    const MatrixXd kernels = integers(table, "ks", 20, ' ').cwiseProduct(runs);
    const MatrixXd expansions = integers(table, "e", 20, ' ').cwiseProduct(runs);
    const MatrixXd work = kernels.cwiseProduct(expansions);
    const MatrixXd stage_expansions = sums_of(expansions, kBlocks);
    RecordedSpace space{.name = "ofa"};
    SpaceBuilder builder(space);
    builder.add("sums",
                side_by_side({resolution,
                              square,
                              depths.rowwise().sum(),
                              kernels.rowwise().sum(),
                              expansions.rowwise().sum(),
                              square.cwiseProduct(expansions.rowwise().sum()),
                              square.cwiseProduct(work.rowwise().sum())}));
    builder.add("stages",
                side_by_side({resolution,
                              depths,
                              sums_of(kernels, kBlocks),
                              stage_expansions,
                              sums_of(work, kBlocks),
                              square.asDiagonal() * stage_expansions,
                              square.asDiagonal() * depths}));
    builder.add("positions",
                side_by_side({places_of(kernels, std::array{3, 5, 7}),
                              places_of(expansions, std::array{3, 4, 6})}));
    builder.finish();
    space.options.members = {{"sums", {"sums"}, {1.0}},
                             {"stages", {"stages"}, {1.0}},
                             {"all", {"sums", "stages", "positions"}, {0.4, 0.3, 0.1}}};
    constexpr std::array<std::string_view, 5> kOthers{"arch_idx", "r", "d", "ks", "e"};
    space.devices = devices_of(table, kOthers);
    return space;
}

std::vector<RecordedSpace> load_transformers(const std::filesystem::path& folder) {
    std::vector<RecordedSpace> spaces;
    for (const std::string name : {"cpu_raspberrypi", "cpu_xeon", "gpu_titanxp"}) {
        const Table table(
            {{.path = folder / fmt::format("hat_wmt14enfr_{}_all.csv", name), .on = ""}});
        const auto of = [&table](std::string_view column) -> MatrixXd {
            return numbers(table, column);
        };
        const auto times = [](const MatrixXd& a, const MatrixXd& b) -> MatrixXd {
            return a.cwiseProduct(b);
        };
        const MatrixXd width = of("encoder_embed_dim");
        const MatrixXd depth = of("encoder_layer_num");
        const MatrixXd hidden = of("encoder_ffn_embed_dim_avg");
        const MatrixXd heads = of("encoder_self_attention_heads_avg");
        const MatrixXd decoder_width = of("decoder_embed_dim");
        const MatrixXd decoder_depth = of("decoder_layer_num");
        const MatrixXd decoder_hidden = of("decoder_ffn_embed_dim_avg");
        const MatrixXd decoder_heads = of("decoder_self_attention_heads_avg");
        const MatrixXd cross_heads = of("decoder_ende_attention_heads_avg");
        const MatrixXd context = of("decoder_arbitrary_ende_attn_avg");
        RecordedSpace space{.name = name};
        SpaceBuilder builder(space);
        builder.add("totals",
                    side_by_side({decoder_depth,
                                  times(decoder_depth, decoder_hidden),
                                  times(decoder_depth, decoder_heads),
                                  times(decoder_depth, cross_heads),
                                  times(decoder_depth, context),
                                  times(decoder_depth, decoder_width),
                                  times(decoder_depth, times(decoder_width, decoder_hidden)),
                                  times(decoder_depth, width),
                                  times(depth, hidden),
                                  times(depth, heads),
                                  width,
                                  decoder_width,
                                  times(depth, times(width, hidden))}));
        builder.finish();
        space.options.members = {{"totals", {"totals"}, {1.0}}};
        space.devices.emplace(
            name, numbers(table, "latency_mean_encoder") + numbers(table, "latency_mean_decoder"));
        spaces.push_back(std::move(space));
    }
    return spaces;
}

std::size_t count_folded(const VectorXd& latency) {
    VectorXd sorted = latency;
    std::sort(sorted.begin(), sorted.end());
    const double median = sorted[sorted.size() / 2];
    return static_cast<std::size_t>((latency.array() < 0.1 * median).count());
}

}  // namespace parnas::bench
