// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "api/plugin/check.h"
#include "cli/commands/commands.h"
#include "cli/plugin_skeleton.h"
#include "cli/plugins.h"
#include "cli/runtimes.h"
#include "core/error.h"

namespace parnas::cli {
namespace {

namespace fs = std::filesystem;
using plugin::LoadedPlugin;

std::string name_of(const LoadedPlugin& loaded) {
    return loaded.plugin == nullptr ? loaded.file.filename().string() : loaded.plugin->name();
}

// "space mlp@1, evaluator score@1"
std::string offer_text(const plugin::Offer& offer) {
    std::vector<std::string> parts;
    for (const plugin::SpaceOffer& each : offer.spaces)
        parts.push_back("space " + each.name);
    for (const plugin::EvaluatorOffer& each : offer.evaluators)
        parts.push_back("evaluator " + each.name);
    for (const std::string& each : offer.samplers)
        parts.push_back("sampler " + each);
    for (const hw_models::Target& each : offer.targets)
        parts.push_back("target " + each.name);
    for (const plugin::OperatorOffer& each : offer.operators)
        parts.push_back("operator " + each.layer.name);
    const Json blocks = parse_json(offer.blocks, "blocks");
    for (const auto& [name, definition] : blocks.items())
        parts.push_back("block " + name);
    return fmt::format("{}", fmt::join(parts, ", "));
}

// The plugins of a document or folder, or the configured one of that name.
std::vector<LoadedPlugin> load_named(const std::string& name) {
    std::vector<LoadedPlugin> found;
    if (fs::exists(name)) {
        for (const fs::path& file : plugin::find_plugin_documents(name))
            found.push_back(plugin::load_plugin(file));
        if (found.empty())
            throw Error(ErrorKind::not_found, "there is no *.plugin.yaml in this folder", name);
        return found;
    }
    std::vector<std::string> known;
    for (const fs::path& file : plugin_documents()) {
        LoadedPlugin loaded = plugin::load_plugin(file);
        if (name_of(loaded) == name)
            return {std::move(loaded)};
        known.push_back(name_of(loaded));
    }
    throw Error(ErrorKind::not_found,
                fmt::format("no plugin is named so; {}",
                            known.empty() ? "there are none: see --plugins"
                                          : fmt::format("known are {}", fmt::join(known, ", "))),
                name);
}

void write_new(const fs::path& path, const std::string& text) {
    std::ofstream file(path, std::ios::binary);
    file << text;
    if (!file.flush())
        throw Error(ErrorKind::unavailable, "cannot be written", path.string());
}

std::unique_ptr<hw_models::Runtime> open_libtorch() {
    search::Registries registries;
    return open_runtime(Json{{"runtime", "libtorch"}}, "plugin check", registries);
}

// Where this program was installed or built: what CMake finds its package by.
fs::path prefix() {
    return fs::read_symlink("/proc/self/exe").parent_path().parent_path();
}

}  // namespace

int run(const PluginListOptions&, const GlobalOptions&, Console& console) {
    Table table{.columns = {{"plugin", "plugin"},
                            {"offers", "offers"},
                            {"file", "file"},
                            {"trouble", "trouble"}},
                .rows = {}};
    for (const fs::path& file : plugin_documents()) {
        const LoadedPlugin loaded = plugin::load_plugin(file);
        table.rows.push_back({name_of(loaded),
                              text_or_nothing(offer_text(loaded.offer)),
                              file.string(),
                              text_or_nothing(loaded.trouble)});
    }
    print(console, table);
    return 0;
}

int run(const PluginCheckOptions& options, const GlobalOptions&, Console& console) {
    Table table{.columns = {{"part", "part"}, {"promise", "promise"}, {"trouble", "what is wrong"}},
                .rows = {}};
    std::vector<Fault> faults;
    for (const LoadedPlugin& loaded : load_named(options.plugin))
        for (const plugin::Finding& each :
             plugin::check_plugin(loaded, options.seed, open_libtorch)) {
            const bool is_kept = each.trouble.empty();
            table.rows.push_back(
                {each.part, each.promise, is_kept ? Scalar("ok") : Scalar(each.trouble)});
            if (!is_kept)
                faults.push_back({each.part + ", " + each.promise, each.trouble});
        }
    if (console.output == OutputFormat::table)
        for (const auto& row : table.rows)
            console.out << fmt::format("{:6}  {}: {}\n",
                                       parnas::to_string(row[2]) == "ok" ? "ok" : "FAILED",
                                       printable(parnas::to_string(row[0])),
                                       printable(parnas::to_string(row[1])));
    else
        print(console, table);
    if (!faults.empty())
        throw Error(ErrorKind::invalid_input, faults);
    return 0;
}

int run(const PluginNewOptions& options, const GlobalOptions&, Console& console) {
    const std::vector<SkeletonFile> files =
        skeleton_files({options.role, options.language, options.name});
    const fs::path folder = options.out.empty() ? fs::path(options.name) : options.out;
    std::error_code error;
    if (fs::exists(folder))
        throw Error(ErrorKind::conflict, "the folder is there already", folder.string());
    if (!fs::create_directories(folder, error))
        throw Error(ErrorKind::unavailable, "cannot be made: " + error.message(), folder.string());
    for (const SkeletonFile& file : files)
        write_new(folder / file.name, file.text);
    console.out << fmt::format("Wrote {}. Next:\n\n", folder.string());
    if (options.language == "cpp")
        console.out << fmt::format(
            "    cmake -S {0} -B {0}/build -DCMAKE_PREFIX_PATH={1} && cmake --build {0}/build\n",
            folder.string(),
            prefix().string());
    console.out << fmt::format(
        "    parnas plugin check {0}\n"
        "    parnas --plugins {0} run {0}/job.yaml\n",
        folder.string());
    return 0;
}

}  // namespace parnas::cli
