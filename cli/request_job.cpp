// SPDX-License-Identifier: Apache-2.0
#include "cli/request_job.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/composition.h"
#include "cli/machine.h"
#include "cli/plugins.h"
#include "core/mutation.h"
#include "spaces/load.h"

namespace parnas::cli {
namespace {

constexpr std::array<std::string_view, 2> kEvaluators{"remote", "synthetic"};
// What a document says of files, or of the machine that it runs on.
constexpr std::array<std::string_view, 2> kOfTheMachine{"base", "store"};
// Members of spaces and targets that name files.
constexpr std::array<std::string_view, 4> kFiles{"file", "table", "predictor", "path"};

// Empty if there is no text: the reader of the job says so.
std::string text_of(const Json& part, std::string_view key) {
    const auto found = part.find(key);
    return found != part.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool is_library_space(const std::string& name) {
    return spaces::find_space(spaces::library_spaces(), name) != nullptr;
}

void check_no_files(const Json& part, const std::string& pointer, Faults& faults) {
    if (!part.is_object())
        return;
    for (const std::string_view key : kFiles)
        if (part.contains(key))
            faults.add(fmt::format("{}/{}", pointer, key),
                       "a request may not name a file of the server: send the document itself");
}

void check_space(const Json& document, Faults& faults) {
    if (!document.contains("space"))
        return;
    const Json& space = document["space"];
    check_no_files(space, "/space", faults);
    const Json name = space.is_object() ? space.value("name", Json()) : space;
    if (name.is_string() && !is_library_space(name.get<std::string>()))
        faults.add("/space",
                   fmt::format("no space of the library is named '{}'; a request may not name a "
                               "file of the server: send {{document: ...}}",
                               name.get<std::string>()));
}

void check_evaluator(const Json& document, Faults& faults) {
    if (!document.contains("evaluator") || !document["evaluator"].is_object())
        return;
    const std::string type = text_of(document["evaluator"], "type");
    // Plugins are what who runs the server let jobs use.
    if (std::ranges::find(kEvaluators, type) == kEvaluators.end() && !offers_evaluator(type))
        faults.add("/evaluator/type",
                   fmt::format("'{}' would run or read something on the server, which no request "
                               "may ask for: use {{type: remote, metrics: [...]}} and workers with "
                               "`parnas worker --evaluator FILE`",
                               type));
}

void check_target(const Json& document, Faults& faults) {
    if (!document.contains("target") || !document["target"].is_object())
        return;
    const Json& target = document["target"];
    check_no_files(target, "/target", faults);
    const std::string profile = text_of(target, "profile");
    if (profile.find('/') != std::string::npos || profile.starts_with('.'))
        faults.add("/target/profile", "expected the name of a target that the server knows");
    if (text_of(target, "model") == "measured")
        faults.add("/target/model", "a request may not measure on the server");
}

// That it asks for nothing of the server's machine.
void check_own(const Json& document, Faults& faults) {
    for (const std::string_view key : kOfTheMachine)
        if (document.contains(key))
            faults.add(fmt::format("/{}", key), "is the server's business");
    check_space(document, faults);
    check_evaluator(document, faults);
    check_target(document, faults);
}

}  // namespace

search::PreparedStudy prepare_request(const Json& document, const std::stop_token& stop) {
    Faults faults;
    if (!mutated("files_of_requests"))
        check_own(document, faults);
    faults.throw_if_any();
    Json job = document;
    // Workers come and go: who waits for all of them to be heard waits for the slowest.
    if (!job.contains("lag"))
        job["lag"] = "none";
    search::JobSpec spec = search::read_job(job, "/", usable_cores(), faults);
    faults.throw_if_any();
    return search::prepare_study(std::move(spec), make_registries(), spaces::load_space, stop);
}

}  // namespace parnas::cli
