// SPDX-License-Identifier: Apache-2.0
#include "evaluators/command/command.h"

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/duration.h"
#include "evaluators/command/conversation.h"
#include "evaluators/command/program.h"

namespace parnas::evaluators {
namespace {

namespace fs = std::filesystem;

constexpr Seconds kDefaultTimeout{3600};

// The digests of the files, by the names under which the job knows them.
Json digests(const std::vector<std::string>& arguments,
             const std::vector<std::string>& files,
             const fs::path& base,
             ObjectReader& options) {
    std::error_code ignored;
    for (std::size_t i = 0; i < files.size(); ++i)
        if (!files[i].empty() && !fs::is_regular_file(base / files[i], ignored))
            options.faults().add(pointer_to(options.pointer("files"), i),
                                 fmt::format("there is no file '{}'", (base / files[i]).string()));
    Json result = file_digests(arguments, base);
    result.update(file_digests(files, base));
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
        for (const char* name : {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"})
            all[name] = std::to_string(threads);
        // Threads that spin while they wait slow every neighbour.
        if (std::getenv("OMP_WAIT_POLICY") == nullptr)  // NOLINT(concurrency-mt-unsafe)
            all["OMP_WAIT_POLICY"] = "PASSIVE";
        for (const auto& [name, value] : parts_.environment)
            all[name] = value;
        return environment_with(all);
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
