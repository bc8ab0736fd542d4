// SPDX-License-Identifier: Apache-2.0
#include "api/plugin/plugin_set.h"

#include <nlohmann/json.hpp>

#include "api/plugin/plugin_evaluator.h"
#include "api/plugin/plugin_hardware_model.h"
#include "api/plugin/plugin_operator.h"
#include "api/plugin/plugin_sampler.h"
#include "api/plugin/plugin_space.h"
#include "core/error.h"

namespace parnas::plugin {
namespace {

template <typename Factory>
void add(Registry<Factory>& registry, const std::string& name, const Factory& factory) {
    for (const std::string& each : {name, without_version(name)})
        if (!registry.has(each))
            registry.add(each, factory);
}

}  // namespace

LoadedPlugin load_plugin(const std::filesystem::path& file, Patience patience) {
    LoadedPlugin loaded{.file = file};
    try {
        loaded.plugin = std::make_shared<const Plugin>(read_plugin_document(file), patience);
        const Json description = loaded.plugin->ask("describe", Json::object());
        try {
            loaded.offer = read_offer(description);
        } catch (const Error& error) {
            throw Error(
                error.kind(),
                loaded.plugin->explain(
                    {FaultKind::lied, std::string("its description is refused: ") + error.what()}));
        }
        for (const OperatorOffer& each : loaded.offer.operators)
            loaded.operators.push_back(make_plugin_operator(loaded.plugin, each.layer));
    } catch (const Error& error) {
        loaded.trouble = error.what();
    }
    return loaded;
}

const std::vector<LoadedPlugin>& PluginSet::plugins() const {
    const MutexLock lock(mutex_);
    if (!is_loaded_)
        for (const std::filesystem::path& place : places_)
            for (const std::filesystem::path& file : find_plugin_documents(place))
                plugins_.push_back(load_plugin(file));
    is_loaded_ = true;
    return plugins_;
}

void add_parts(const std::vector<LoadedPlugin>& plugins, search::Registries& registries) {
    for (const LoadedPlugin& each : plugins) {
        for (const EvaluatorOffer& offer : each.offer.evaluators)
            add(registries.evaluators, offer.name, make_plugin_evaluators(each.plugin, offer));
        for (const std::string& name : each.offer.samplers)
            add(registries.strategies, name, make_plugin_samplers(each.plugin, name));
        for (const hw_models::Target& target : each.offer.targets)
            add(registries.hardware_models,
                target.name,
                make_plugin_hardware_models(each.plugin, target));
    }
}

std::vector<spaces::OfferedSpace> offered_spaces(const std::vector<LoadedPlugin>& plugins) {
    const spaces::OpSource operators = [known = offered_operators(plugins)] { return known; };
    std::vector<spaces::OfferedSpace> all;
    for (const LoadedPlugin& each : plugins)
        for (const SpaceOffer& offer : each.offer.spaces)
            all.push_back(
                {.entry = {.name = offer.name, .about = offer.about, .text = offer.document + '\n'},
                 .make = [plugin = each.plugin, offer, operators](const Json& arguments) {
                     return make_plugin_space(plugin, offer, arguments, operators);
                 }});
    return all;
}

Json offered_blocks(const std::vector<LoadedPlugin>& plugins) {
    Json all = Json::object();
    for (const LoadedPlugin& each : plugins) {
        const Json blocks = parse_json(each.offer.blocks, "blocks");
        for (const auto& [name, definition] : blocks.items())
            if (!all.contains(name))
                all[name] = definition;
    }
    return all;
}

std::shared_ptr<const spaces::OpRegistry> offered_operators(
    const std::vector<LoadedPlugin>& plugins) {
    auto all = std::make_shared<spaces::OpRegistry>("operator");
    for (const LoadedPlugin& each : plugins)
        for (const auto& op : each.operators)
            if (!all->has(op->layer.name))
                all->add(op->layer.name, op);
    return all;
}

}  // namespace parnas::plugin
