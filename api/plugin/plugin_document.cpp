// SPDX-License-Identifier: Apache-2.0
#include "api/plugin/plugin_document.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/duration.h"
#include "core/hash.h"
#include "core/object_reader.h"
#include "evaluators/command/program.h"

namespace parnas::plugin {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnding = ".plugin.yaml";

bool is_name(const std::string& text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
    });
}

void read_command(ObjectReader& reader, const fs::path& folder, PluginDocument& plugin) {
    evaluators::Program program{
        .executable = {},
        .arguments = evaluators::read_texts(reader, "command", reader.find("command")),
        .environment = evaluators::environment_with(evaluators::read_environment(reader)),
        .folder = folder};
    if (!program.arguments.empty() && !program.arguments[0].empty())
        program.executable = evaluators::find_program(program.arguments[0], folder, reader);
    plugin.digest = dump_json(evaluators::file_digests(program.arguments, folder));
    plugin.where = std::move(program);
}

void read_library(ObjectReader& reader, const fs::path& folder, PluginDocument& plugin) {
    const fs::path path = folder / reader.text("library");
    std::error_code ignored;
    if (fs::is_regular_file(path, ignored))
        plugin.digest = to_string(hash_file(path));
    else
        reader.fault("library", fmt::format("there is no file '{}'", path.string()));
    plugin.where = SharedLibrary{path};
}

void add_documents(const fs::path& folder, std::vector<fs::path>& files) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored))
        if (entry.path().filename().string().ends_with(kEnding) && entry.is_regular_file(ignored))
            files.push_back(entry.path());
}

}  // namespace

PluginDocument read_plugin_document(const fs::path& file) {
    const Document document = Document::read(file);
    Faults faults;
    ObjectReader reader(document.root(), "", faults);
    PluginDocument plugin{.name = reader.text("plugin"), .file = fs::absolute(file)};
    if (reader.has("plugin") && !is_name(plugin.name))
        reader.fault("plugin", "expected a name of letters, digits, '-', '_' and '.'");
    const fs::path folder = plugin.file.parent_path();
    const int ways =
        int{reader.has("command")} + int{reader.has("library")} + int{reader.has("url")};
    if (ways != 1)
        faults.add("", "expected exactly one of `command`, `library` and `url`");
    else if (reader.has("command"))
        read_command(reader, folder, plugin);
    else if (reader.has("library"))
        read_library(reader, folder, plugin);
    else
        plugin.where = Url{reader.text("url")};
    plugin.timeout = read_seconds(reader, "timeout").value_or(plugin.timeout);
    if (ways == 1)
        reader.finish();
    document.throw_if_any(faults);
    return plugin;
}

std::vector<fs::path> find_plugin_documents(const fs::path& path) {
    std::error_code ignored;
    if (!fs::is_directory(path, ignored))
        return fs::exists(path, ignored) ? std::vector{path} : std::vector<fs::path>{};
    std::vector<fs::path> files;
    add_documents(path, files);
    for (const auto& entry : fs::directory_iterator(path, ignored))
        if (entry.is_directory(ignored))
            add_documents(entry.path(), files);
    std::ranges::sort(files);
    return files;
}

}  // namespace parnas::plugin
