// SPDX-License-Identifier: Apache-2.0
#include "cli/worker_study.h"

#include <algorithm>
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/composition.h"
#include "cli/torch_module.h"
#include "core/document.h"
#include "spaces/load.h"

namespace parnas::cli {
namespace {

constexpr std::string_view kHarmless = "synthetic";
constexpr std::string_view kRemote = "remote";

// The parts of a job that a worker needs. The rest is the server's business.
struct RemoteJob {
    Json space;
    Json evaluator;
    std::filesystem::path base;
    int threads = 1;
};

RemoteJob remote_job_of(const client::StudyView& study) {
    const Json json = parse_json(study.job, study.name);
    Faults faults;
    ObjectReader reader(json, "", faults);
    const Json* space = reader.need("space");
    const Json* evaluator = reader.need("evaluator");
    RemoteJob job{
        .base = reader.text("base", "."),
        .threads = static_cast<int>(reader.integer("threads", 1, {.low = 1, .high = 4096}))};
    faults.throw_if_any(ErrorKind::damaged);
    job.space = *space;
    job.evaluator = *evaluator;
    return job;
}

Error untrusted(const std::string& what, std::string_view pointer, const std::string& instead) {
    return {ErrorKind::unauthorized,
            fmt::format("{}, and this worker does not trust jobs with its files and programs: {}",
                        what,
                        instead),
            std::string(pointer)};
}

bool names_file(const Json& space) {
    if (space.is_string())
        return space.get_ref<const std::string&>().find_first_of("/.") != std::string::npos;
    return space.is_object() && space.contains("file");
}

std::string type_of(const Json& evaluator) {
    const auto type = evaluator.is_object() ? evaluator.find("type") : evaluator.end();
    return evaluator.is_object() && type != evaluator.end() && type->is_string()
               ? type->get<std::string>()
               : "";
}

void check_trust(const RemoteJob& job, const WorkerTrust& trust) {
    if (names_file(job.space) && !trust.job)
        throw untrusted("the space is a file", "/space", "start it with --trust-job");
    const std::string type = type_of(job.evaluator);
    if (!trust.evaluator.empty() || type == kHarmless)
        return;
    if (type == kRemote)
        throw Error(ErrorKind::invalid_input,
                    "the study leaves it to its workers how trials are evaluated: start this one "
                    "with --evaluator FILE",
                    "/evaluator");
    if (!trust.job)
        throw untrusted(fmt::format("the evaluator is '{}'", type),
                        "/evaluator",
                        "start it with an --evaluator FILE of its own, or with --trust-job");
}

std::unique_ptr<evaluators::Evaluator> make_from(const Json& options,
                                                 const std::filesystem::path& base,
                                                 const std::string& pointer,
                                                 Faults& faults) {
    search::Registries registries = make_registries();
    if (needs_torch_module(Json{{"evaluator", options}}))
        open_torch_module(registries);
    ObjectReader reader(options, pointer, faults);
    const std::string type = reader.text("type");
    if (!faults.empty())
        return nullptr;
    auto evaluator = registries.evaluators.find(type)(reader, base);
    reader.finish();
    return evaluator;
}

std::unique_ptr<evaluators::Evaluator> own_evaluator(const std::filesystem::path& file) {
    const Document document = Document::read(file);
    Faults faults;
    auto evaluator =
        make_from(document.root(), std::filesystem::absolute(file).parent_path(), "", faults);
    document.throw_if_any(faults);
    return evaluator;
}

std::unique_ptr<evaluators::Evaluator> evaluator_of(const RemoteJob& job) {
    Faults faults;
    auto evaluator = make_from(job.evaluator, job.base, "/evaluator", faults);
    faults.throw_if_any();
    return evaluator;
}

// What a study with a remote evaluator expects of its workers.
void check_metrics(const RemoteJob& job, const evaluators::Evaluator& evaluator, Faults& faults) {
    const std::vector<std::string> given = evaluator.metrics();
    const Json* wanted = nullptr;
    if (type_of(job.evaluator) == kRemote && job.evaluator.contains("metrics"))
        wanted = &job.evaluator.at("metrics");
    if (wanted == nullptr || !wanted->is_array())
        return;
    for (const Json& metric : *wanted)
        if (metric.is_string() &&
            std::ranges::find(given, metric.get_ref<const std::string&>()) == given.end())
            faults.add("/evaluator/metrics",
                       fmt::format("the study wants '{}', which this worker's evaluator does not "
                                   "measure",
                                   metric.get<std::string>()));
}

}  // namespace

client::StudyParts make_study_parts(const client::StudyView& study, const WorkerTrust& trust) {
    const RemoteJob job = remote_job_of(study);
    check_trust(job, trust);
    client::StudyParts parts{.space = spaces::load_space(job.space, job.base),
                             .threads = job.threads};
    parts.evaluator = trust.evaluator.empty() ? evaluator_of(job) : own_evaluator(trust.evaluator);
    Faults faults;
    parts.evaluator->check_space(*parts.space, faults);
    check_metrics(job, *parts.evaluator, faults);
    faults.throw_if_any();
    return parts;
}

}  // namespace parnas::cli
