// SPDX-License-Identifier: Apache-2.0
#include "search/weight_sharing/differentiable_epoch.h"

#include <algorithm>
#include <array>
#include <numeric>

#include <nlohmann/json.hpp>

#include "core/error.h"

namespace parnas::search {
namespace {

constexpr std::array kOptionWeights{OptionWeights::softmax,
                                    OptionWeights::sigmoid,
                                    OptionWeights::gumbel,
                                    OptionWeights::dirichlet};

OptionWeights option_weights_from(const std::string& word) {
    const auto found =
        std::ranges::find(kOptionWeights, word, [](OptionWeights each) { return to_string(each); });
    if (found == kOptionWeights.end())
        throw Error(ErrorKind::damaged, "no option weights are named '" + word + "'");
    return *found;
}

template <typename T>
Json or_null(const std::optional<T>& value) {
    return value ? Json(*value) : Json();
}

template <typename T>
std::optional<T> optional_from(const Json& json) {
    return json.is_null() ? std::nullopt : std::optional(json.get<T>());
}

Json to_json(const DifferentiableEpoch::Cost& cost) {
    return {{"additive", to_json(cost.additive)},
            {"target", or_null(cost.target)},
            {"lambda", cost.multiplier.lambda},
            {"rho", cost.multiplier.rho}};
}

DifferentiableEpoch::Cost cost_from(const Json& json) {
    return {.additive = additive_cost_from_json(json.at("additive")),
            .target = optional_from<double>(json.at("target")),
            .multiplier = {.lambda = json.at("lambda"), .rho = json.at("rho")}};
}

constexpr const char* kSettings = "settings of a differentiable epoch";

// Whatever is wrong with what `read` reads, somebody has damaged it.
template <typename Read>
auto read_own(const char* what, const Read& read) {
    try {
        return read();
    } catch (const Json::exception& error) {
        throw Error(ErrorKind::damaged, error.what(), what);
    } catch (const Error& error) {
        throw Error(ErrorKind::damaged, error.what(), what);
    }
}

DifferentiableEpoch epoch_from(const Json& json) {
    DifferentiableEpoch epoch{
        .epoch = json.at("epoch"),
        .batch = json.at("batch"),
        .architecture = architecture_from_json(json.at("architecture")),
        .partial_channels = optional_from<std::int64_t>(json.at("partial_channels")),
        .memory_mb = optional_from<std::int64_t>(json.at("memory_mb")),
        .depth = json.at("depth"),
        .inheritable = json.at("inheritable"),
        .edges = json.at("edges") == "learned" ? EdgeWeights::learned : EdgeWeights::none,
        .weights = option_weights_from(json.at("weights")),
        .temperature = json.at("temperature"),
        .skip_dropout = json.at("skip_dropout"),
        .lr = json.at("lr"),
        .momentum = json.at("momentum"),
        .weight_decay = json.at("weight_decay"),
        .clip_norm = json.at("clip_norm"),
        .frozen = json.at("frozen"),
        .order = json.at("order"),
        .alpha_lr = json.at("alpha_lr"),
        .alpha_beta1 = json.at("alpha_beta1"),
        .alpha_beta2 = json.at("alpha_beta2"),
        .alpha_weight_decay = json.at("alpha_weight_decay"),
        .beta_regulariser = json.at("beta_regulariser"),
        .divergence = json.at("divergence"),
        .eigenvalue = json.at("eigenvalue"),
        .gap = json.at("gap"),
        .none = static_cast<NoneRule>(json.at("none").get<int>()),
        .option_losses = json.value("option_losses", false)};
    if (const Json& cost = json.at("cost"); !cost.is_null())
        epoch.cost = cost_from(cost);
    if (json.at("type") != kDifferentiable || epoch.batch < 1 || epoch.depth <= 0.0 ||
        epoch.order < 1 || epoch.order > 2 || epoch.temperature <= 0.0)
        throw Error(ErrorKind::damaged, "the settings are none of a differentiable epoch");
    return epoch;
}

}  // namespace

std::string to_text(const DifferentiableEpoch& epoch) {
    return dump_json({{"type", kDifferentiable},
                      {"epoch", epoch.epoch},
                      {"batch", epoch.batch},
                      {"partial_channels", or_null(epoch.partial_channels)},
                      {"memory_mb", or_null(epoch.memory_mb)},
                      {"depth", epoch.depth},
                      {"inheritable", epoch.inheritable},
                      {"edges", epoch.edges == EdgeWeights::learned ? "learned" : "none"},
                      {"weights", to_string(epoch.weights)},
                      {"temperature", epoch.temperature},
                      {"skip_dropout", epoch.skip_dropout},
                      {"lr", epoch.lr},
                      {"momentum", epoch.momentum},
                      {"weight_decay", epoch.weight_decay},
                      {"clip_norm", epoch.clip_norm},
                      {"frozen", epoch.frozen},
                      {"order", epoch.order},
                      {"alpha_lr", epoch.alpha_lr},
                      {"alpha_beta1", epoch.alpha_beta1},
                      {"alpha_beta2", epoch.alpha_beta2},
                      {"alpha_weight_decay", epoch.alpha_weight_decay},
                      {"beta_regulariser", epoch.beta_regulariser},
                      {"divergence", epoch.divergence},
                      {"eigenvalue", epoch.eigenvalue},
                      {"gap", epoch.gap},
                      {"none", static_cast<int>(epoch.none)},
                      {"option_losses", epoch.option_losses},
                      {"cost", epoch.cost ? to_json(*epoch.cost) : Json()},
                      {"architecture", to_json(epoch.architecture)}});
}

DifferentiableEpoch differentiable_epoch_from(std::string_view text) {
    return read_own(kSettings, [&] { return epoch_from(parse_json(text, kSettings)); });
}

DifferentiableEpoch differentiable_epoch_from_json(const Json& settings) {
    return read_own(kSettings, [&] { return epoch_from(settings); });
}

std::string to_text(const EpochAttachment& attachment) {
    Json json = {{"weights", to_string(attachment.weights)},
                 {"partial_channels", attachment.partial_channels},
                 {"architecture", to_json(attachment.architecture)}};
    if (attachment.losses)
        json["losses"] = to_json(*attachment.losses);
    return dump_json(json);
}

EpochAttachment epoch_attachment_from(std::string_view text) {
    constexpr const char* kWhat = "attachment of a differentiable epoch";
    return read_own(kWhat, [&] {
        const Json json = parse_json(text, kWhat);
        EpochAttachment attachment{.architecture = architecture_from_json(json.at("architecture")),
                                   .partial_channels = json.at("partial_channels"),
                                   .weights = option_weights_from(json.at("weights"))};
        if (const auto losses = json.find("losses"); losses != json.end())
            attachment.losses = architecture_from_json(*losses);
        return attachment;
    });
}

spaces::SupernetOptions supernet_options(const DifferentiableEpoch& epoch,
                                         std::int64_t partial_channels,
                                         const spaces::SearchSpace& space,
                                         const OpenChoices& open) {
    const auto all = [](std::size_t count) {
        std::vector<std::size_t> indices(count);
        std::iota(indices.begin(), indices.end(), std::size_t{0});
        return indices;
    };
    spaces::SupernetOptions options{.base = middle_genotype(space.params()),
                                    .partial_channels = partial_channels,
                                    .depth = epoch.depth,
                                    .search_norms = !epoch.inheritable};
    options.options.resize(space.params().size());
    for (const OpenChoice& choice : open.choices)
        options.options[choice.param] = all(choice.is_none.size());
    for (const OpenNode& node : open.nodes)
        options.options[node.inputs] = all(node.subsets.size());
    for (const StrengthValues& each : epoch.architecture.strengths)
        if (each.strength.kind == spaces::Strength::Kind::options)
            options.options[each.strength.param] = each.strength.entries;
    return options;
}

std::string expected_name(std::string_view metric) {
    return "expected_" + std::string(metric);
}

}  // namespace parnas::search
