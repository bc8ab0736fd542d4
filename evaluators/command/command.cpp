// SPDX-License-Identifier: Apache-2.0
#include "evaluators/command/command.h"

#include <algorithm>
#include <map>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/duration.h"
#include "core/hash.h"
#include "evaluators/command/conversation.h"

namespace parnas::evaluators {
namespace {

namespace fs = std::filesystem;

constexpr Seconds kDefaultTimeout{3600};
constexpr std::string_view kNotInNames("=\0", 2);  // of variables

using Environment = std::map<std::string, std::string, std::less<>>;

// An array of texts that are not empty.
std::vector<std::string> read_texts(ObjectReader& options, std::string_view key, const Json* json) {
    std::vector<std::string> texts;
    if (json == nullptr)
        return texts;
    if (!json->is_array() || json->empty()) {
        options.fault(key, fmt::format("expected a list of texts, got {}", dump_json(*json)));
        return texts;
    }
    for (std::size_t i = 0; i < json->size(); ++i) {
        const Json& entry = (*json)[i];
        texts.push_back(entry.is_string() ? entry.get<std::string>() : std::string());
        // A NUL would end the text for the system.
        if (texts.back().empty() || texts.back().find('\0') != std::string::npos)
            options.faults().add(pointer_to(options.pointer(key), i),
                                 fmt::format("expected a text, got {}", dump_json(entry)));
    }
    return texts;
}

Environment read_environment(ObjectReader& options) {
    Environment environment;
    const Json* json = options.find("environment");
    if (json == nullptr)
        return environment;
    ObjectReader reader(*json, options.pointer("environment"), options.faults());
    if (json->is_object())
        for (const auto& [name, value] : json->items()) {
            environment[name] = reader.text(name);
            if (name.empty() || name.find_first_of(kNotInNames) != std::string::npos)
                reader.fault(name, "no variable can have this name");
            else if (environment[name].find('\0') != std::string::npos)
                reader.fault(name, "a variable's text cannot hold the character NUL");
        }
    return environment;
}

// What the environment of this process has, or an empty text.
std::string inherited(const char* name) {
    // Nothing in parnas sets environment variables.
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
    return value == nullptr ? "" : value;
}

bool is_executable(const fs::path& path) {
    std::error_code ignored;
    return fs::is_regular_file(path, ignored) && access(path.c_str(), X_OK) == 0;
}

// As a shell finds it. Adds a fault and returns an empty path if there is none.
fs::path find_program(const std::string& name, const fs::path& base, ObjectReader& options) {
    const auto fault = [&](const std::string& message) {
        options.faults().add(pointer_to(options.pointer("command"), 0), message);
        return fs::path();
    };
    if (name.find('/') != std::string::npos) {
        const fs::path path = base / name;
        if (is_executable(path))
            return path;
        return fault(fs::exists(path) ? fmt::format("'{}' is not executable", path.string())
                                      : fmt::format("there is no program '{}'", path.string()));
    }
    std::string folders = inherited("PATH") + ':';
    for (std::size_t end; (end = folders.find(':')) != std::string::npos;) {
        const fs::path path = base / folders.substr(0, end) / name;
        if (end > 0 && is_executable(path))
            return path;
        folders.erase(0, end + 1);
    }
    return fault(fmt::format("no program '{}' in PATH", name));
}

// The digests of the files, by the names under which the job knows them.
Json digests(const std::vector<std::string>& arguments,
             const std::vector<std::string>& files,
             const fs::path& base,
             ObjectReader& options) {
    Json result = Json::object();
    const auto add = [&](const std::string& name) {
        std::error_code ignored;
        const bool is_file = fs::is_regular_file(base / name, ignored);
        if (is_file)
            result[name] = to_string(hash_file(base / name));
        return is_file;
    };
    for (const std::string& argument : arguments)
        add(argument);
    for (std::size_t i = 0; i < files.size(); ++i)
        if (!files[i].empty() && !add(files[i]))
            options.faults().add(pointer_to(options.pointer("files"), i),
                                 fmt::format("there is no file '{}'", (base / files[i]).string()));
    return result;
}

struct CommandParts {
    fs::path folder;
    fs::path executable;
    std::vector<std::string> command;
    Environment environment;
    Terms terms;
    std::string fingerprint;
};

class CommandEvaluator final : public Evaluator {
  public:
    explicit CommandEvaluator(CommandParts parts) : parts_(std::move(parts)) {}

    std::string fingerprint() const override { return parts_.fingerprint; }
    std::vector<std::string> metrics() const override { return parts_.terms.metrics; }
    void check_space(const spaces::SearchSpace&, Faults&) const override {}

    Outcome evaluate(const Candidate& candidate, const Context& context) const override {
        const Program program{.executable = parts_.executable,
                              .arguments = parts_.command,
                              .environment = environment(context.threads),
                              .folder = parts_.folder};
        return converse(program, candidate, context, parts_.terms);
    }

  private:
    std::vector<std::string> environment(int threads) const {
        Environment all;
        for (char** entry = environ; *entry != nullptr; ++entry) {
            const std::string_view text = *entry;
            const std::size_t end = text.find('=');
            if (end != std::string_view::npos)
                all[std::string(text.substr(0, end))] = text.substr(end + 1);
        }
        for (const char* name : {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"})
            all[name] = std::to_string(threads);
        // Threads that spin while they wait slow every neighbour.
        all.try_emplace("OMP_WAIT_POLICY", "PASSIVE");
        for (const auto& [name, value] : parts_.environment)
            all[name] = value;
        std::vector<std::string> list;
        for (const auto& [name, value] : all)
            list.push_back(fmt::format("{}={}", name, value));
        return list;
    }

    CommandParts parts_;
};

}  // namespace

std::unique_ptr<Evaluator> make_command_evaluator(ObjectReader& options, const fs::path& base) {
    CommandParts parts{.folder = fs::absolute(base),
                       .command = read_texts(options, "command", options.need("command")),
                       .environment = read_environment(options)};
    parts.terms.metrics = read_texts(options, "metrics", options.need("metrics"));
    parts.terms.timeout = read_seconds(options, "timeout").value_or(kDefaultTimeout);
    const auto files = read_texts(options, "files", options.find("files"));
    if (!parts.command.empty() && !parts.command[0].empty())
        parts.executable = find_program(parts.command[0], parts.folder, options);
    parts.fingerprint =
        "command@1 " + dump_json({{"command", parts.command},
                                  {"metrics", parts.terms.metrics},
                                  {"environment", parts.environment},
                                  {"files", digests(parts.command, files, parts.folder, options)}});
    return std::make_unique<CommandEvaluator>(std::move(parts));
}

}  // namespace parnas::evaluators
