// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "search/weight_sharing/differentiable.h"

namespace parnas::search {
namespace {

constexpr Range<double> kShare{.low = 0.0, .high = 1.0};
constexpr Range<double> kPositive{.low = 1e-12};
constexpr Range<double> kNotNegative{.low = 0.0};
constexpr Range<std::int64_t> kParts{.low = 1, .high = 64};

// `words` in the order of the enumeration.
template <typename Enum>
void read_word(ObjectReader& reader,
               std::string_view key,
               std::initializer_list<std::string_view> words,
               Enum& value) {
    const auto now = static_cast<std::size_t>(value);
    value = static_cast<Enum>(reader.word(key, words, words.begin()[now]));
}

void read_epoch(ObjectReader& reader, DifferentiableEpoch& epoch) {
    const auto read = [&reader](const char* key, double& value, Range<double> range) {
        value = reader.real(key, value, range);
    };
    epoch.batch = reader.integer("batch", epoch.batch, {.low = 1, .high = 1'000'000});
    read_word(reader, "weights", {"softmax", "sigmoid", "gumbel", "dirichlet"}, epoch.weights);
    epoch.order = reader.integer("order", epoch.order, {.low = 1, .high = 2});
    if (epoch.order == 2 && epoch.weights == OptionWeights::gumbel)
        reader.fault("order", "a sampled path has no second order: use softmax weights");
    epoch.edges = reader.boolean("edge_weights", epoch.edges == EdgeWeights::learned)
                      ? EdgeWeights::learned
                      : EdgeWeights::none;
    epoch.inheritable = reader.boolean("inherit", epoch.inheritable);
    read("lr", epoch.lr, kPositive);
    read("momentum", epoch.momentum, {.low = 0.0, .high = 0.999});
    read("weight_decay", epoch.weight_decay, kNotNegative);
    read("clip_norm", epoch.clip_norm, kPositive);
    read("alpha_lr", epoch.alpha_lr, kPositive);
    read("alpha_beta1", epoch.alpha_beta1, {.low = 0.0, .high = 0.9999});
    read("alpha_beta2", epoch.alpha_beta2, {.low = 0.0, .high = 0.99999});
    read("alpha_weight_decay", epoch.alpha_weight_decay, kNotNegative);
    read("beta_regulariser", epoch.beta_regulariser, kNotNegative);
    read("divergence", epoch.divergence, kNotNegative);
    read("skip_dropout", epoch.skip_dropout, kShare);
    if (reader.has("partial_channels"))
        epoch.partial_channels = reader.integer("partial_channels", kParts);
    if (reader.has("memory_mb"))
        epoch.memory_mb = reader.integer("memory_mb", {.low = 1, .high = 1LL << 30});
    if (epoch.inheritable && epoch.partial_channels.value_or(1) > 1)
        reader.fault("inherit",
                     "networks cannot inherit the weights of partial channels: set "
                     "partial_channels to 1");
}

DifferentiableStage read_stage(const Json& json, const std::string& pointer, Faults& faults) {
    ObjectReader reader(json, pointer, faults);
    DifferentiableStage stage{
        .share = reader.real("share", 1.0, {.low = 1e-3, .high = 1e3}),
        .depth = reader.real("depth", 1.0, {.low = 1e-3, .high = 1.0}),
        .keep = reader.optional_integer("keep", {.low = 1, .high = 1000}),
        .partial_channels = reader.optional_integer("partial_channels", kParts)};
    reader.finish();
    return stage;
}

void read_stages(ObjectReader& reader, DifferentiableOptions& options) {
    const Json* json = reader.find("stages");
    if (json == nullptr)
        return;
    if (!json->is_array() || json->empty()) {
        reader.fault("stages", "expected a list of stages");
        return;
    }
    options.stages.clear();
    for (std::size_t i = 0; i < json->size(); ++i)
        options.stages.push_back(
            read_stage((*json)[i], pointer_to(reader.pointer("stages"), i), reader.faults()));
    if (static_cast<std::int64_t>(options.stages.size()) > options.epochs)
        reader.fault(
            "stages",
            fmt::format(
                "{} stages do not fit into {} epochs", options.stages.size(), options.epochs));
}

void read_health(ObjectReader& outer, DifferentiableOptions& options) {
    // Strengths that stay as they are say nothing of a collapse.
    const auto frozen = std::ceil(options.frozen * static_cast<double>(options.epochs));
    options.health.from =
        static_cast<std::size_t>(options.epochs / 5 + static_cast<std::int64_t>(frozen));
    const Json* json = outer.find("health");
    if (json == nullptr)
        return;
    ObjectReader reader(*json, outer.pointer("health"), outer.faults());
    HealthRules& rules = options.health;
    const auto count = [&reader](const char* key, std::size_t otherwise, std::int64_t least) {
        return static_cast<std::size_t>(reader.integer(
            key, static_cast<std::int64_t>(otherwise), {.low = least, .high = 100'000}));
    };
    options.health_every = reader.integer("every", options.health_every, {.low = 0});
    options.stop_on_collapse = reader.boolean("stop", options.stop_on_collapse);
    rules.window = count("window", rules.window, 1);
    rules.delta = count("delta", rules.delta, 1);
    rules.ratio = reader.real("ratio", rules.ratio, {.low = 1.0});
    rules.max_skips = reader.integer("max_skips", rules.max_skips, {.low = 0});
    rules.max_none = reader.real("max_none", rules.max_none, kShare);
    rules.patience = count("patience", rules.patience, 1);
    rules.from = count("from", rules.from, 0);
    reader.finish();
}

void read_target(ObjectReader& outer, DifferentiableOptions& options) {
    const Json* json = outer.find("target");
    if (json == nullptr)
        return;
    ObjectReader reader(*json, outer.pointer("target"), outer.faults());
    options.target = {.metric = reader.text("metric"), .at = reader.real("at", kPositive)};
    reader.finish();
}

}  // namespace

DifferentiableOptions differentiable_preset(std::string_view name) {
    DifferentiableOptions options;
    options.epoch.partial_channels.reset();
    if (name == "gdas") {
        options.epoch.weights = OptionWeights::gumbel;
        options.epoch.partial_channels = 1;
    } else if (name == "pc_darts") {
        options.epoch.partial_channels = 4;
        options.epoch.edges = EdgeWeights::learned;
        options.epoch.alpha_lr = 6e-4;
        options.lr_min = 0.0;
        options.frozen = 0.3;
    } else if (name == "dr_nas") {
        options.epoch.weights = OptionWeights::dirichlet;
        options.frozen = 0.2;
    } else if (name == "beta_darts") {
        options.epoch.beta_regulariser = 50.0;
    } else {
        check(name == "darts", "no preset of a differentiable search has this name");
    }
    return options;
}

DifferentiableOptions read_differentiable(ObjectReader& reader, DifferentiableOptions options) {
    options.epochs = reader.integer("epochs", options.epochs, {.low = 1, .high = 100'000});
    read_epoch(reader, options.epoch);
    options.lr_min =
        reader.real("lr_min", std::min(options.lr_min, options.epoch.lr), kNotNegative);
    options.tau_begin = reader.real("tau_begin", options.tau_begin, kPositive);
    options.tau_end = reader.real("tau_end", options.tau_end, kPositive);
    options.frozen = reader.real("frozen", options.frozen, kShare);
    read_stages(reader, options);
    read_health(reader, options);
    read_word(reader, "select", {"strengths", "losses"}, options.select);
    read_word(reader, "none", {"automatic", "keep", "drop"}, options.discretise.none);
    options.discretise.max_skips = reader.optional_integer("max_skips", {.low = 0});
    options.derive = reader.integer("derive", options.derive, {.low = 0, .high = 10'000});
    read_target(reader, options);
    options.cost_samples = reader.optional_integer("cost_samples", {.low = 2, .high = 1'000'000});
    return options;
}

}  // namespace parnas::search
