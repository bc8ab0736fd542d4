// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "api/plugin/offer.h"
#include "api/plugin/plugin.h"
#include "core/mutex.h"
#include "search/registries.h"
#include "spaces/load.h"

namespace parnas::plugin {

// A document of a plugin, and what came of it.
struct LoadedPlugin {
    std::filesystem::path file;
    std::shared_ptr<const Plugin> plugin;  // null: the document is no good
    Offer offer;
    std::vector<std::shared_ptr<const spaces::CustomOp>> operators;  // of the offer
    std::string trouble;  // why nothing is offered; empty: it is
};

// Reads a document, starts its plugin and asks what it offers; trouble is a value.
LoadedPlugin load_plugin(const std::filesystem::path& file, Patience patience = {});

// The plugins that this program was told of, each started when somebody first asks for its
// parts. Thread-safe.
class PluginSet {
  public:
    // Documents and folders (find_plugin_documents).
    explicit PluginSet(std::vector<std::filesystem::path> places) : places_(std::move(places)) {}

    const std::vector<LoadedPlugin>& plugins() const;

  private:
    std::vector<std::filesystem::path> places_;
    mutable Mutex mutex_;
    mutable bool is_loaded_ PARNAS_GUARDED_BY(mutex_) = false;
    mutable std::vector<LoadedPlugin> plugins_;  // once loaded, only read
};

// Adds evaluators, samplers and hardware models under their names, and without their versions;
// names that are taken stay whose they are.
void add_parts(const std::vector<LoadedPlugin>& plugins, search::Registries& registries);

std::vector<spaces::OfferedSpace> offered_spaces(const std::vector<LoadedPlugin>& plugins);
// {NAME: definition} of all plugins; the first of a name counts.
Json offered_blocks(const std::vector<LoadedPlugin>& plugins);
// Of all plugins; the first of a name counts.
std::shared_ptr<const spaces::OpRegistry> offered_operators(
    const std::vector<LoadedPlugin>& plugins);

}  // namespace parnas::plugin
