// SPDX-License-Identifier: Apache-2.0
#include "cli/plugins.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "cli/text/tables.h"
#include "cli/torch_module.h"
#include "core/error.h"
#include "spaces/load.h"

namespace parnas::cli {
namespace {

namespace fs = std::filesystem;

struct Configured {
    std::vector<fs::path> places;
    std::unique_ptr<plugin::PluginSet> set = std::make_unique<plugin::PluginSet>(places);
    std::once_flag told;
};

Configured& configured() {
    static Configured configured;
    return configured;
}

std::string environment_text(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

std::vector<fs::path> split(std::string paths) {
    std::vector<fs::path> all;
    paths += ':';
    for (std::size_t end; (end = paths.find(':')) != std::string::npos; paths.erase(0, end + 1))
        if (end > 0)
            all.emplace_back(paths.substr(0, end));
    return all;
}

// As $XDG_CONFIG_HOME's specification has it: a relative path there is to be ignored.
std::vector<fs::path> own_folder() {
    if (const fs::path folder = environment_text("XDG_CONFIG_HOME"); folder.is_absolute())
        return {folder / "parnas/plugins"};
    if (const std::string home = environment_text("HOME"); !home.empty())
        return {fs::path(home) / ".config/parnas/plugins"};
    return {};
}

}  // namespace

void use_plugins(std::vector<fs::path> places) {
    if (places.empty())
        places = split(environment_text("PARNAS_PLUGINS"));
    for (const fs::path& place : places)
        if (!fs::exists(place))
            throw Error(ErrorKind::not_found, "there is no such plugin or folder", place.string());
    if (places.empty())
        places = own_folder();
    if (!places.empty())
        calm_openmp();  // a library may bring LibTorch
    configured().places = places;
    configured().set = std::make_unique<plugin::PluginSet>(std::move(places));
    spaces::set_offers({.spaces = [] { return plugin::offered_spaces(plugins()); },
                        .blocks = [] { return plugin::offered_blocks(plugins()); },
                        .operators = [] { return plugin::offered_operators(plugins()); }});
}

const std::vector<plugin::LoadedPlugin>& plugins() {
    Configured& all = configured();
    const std::vector<plugin::LoadedPlugin>& loaded = all.set->plugins();
    std::call_once(all.told, [&] {
        for (const plugin::LoadedPlugin& each : loaded)
            if (!each.trouble.empty())
                std::cerr << "warning: a plugin is left out: " << each.file.string() << ": "
                          << printable(each.trouble) << '\n';
    });
    return loaded;
}

bool offers_evaluator(const std::string& name) {
    return std::ranges::any_of(plugins(), [&](const plugin::LoadedPlugin& each) {
        return std::ranges::any_of(each.offer.evaluators, [&](const plugin::EvaluatorOffer& offer) {
            return offer.name == name || plugin::without_version(offer.name) == name;
        });
    });
}

std::vector<fs::path> plugin_documents() {
    std::vector<fs::path> all;
    for (const fs::path& place : configured().places)
        for (fs::path& file : plugin::find_plugin_documents(place))
            all.push_back(std::move(file));
    return all;
}

}  // namespace parnas::cli
