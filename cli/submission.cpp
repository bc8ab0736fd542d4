// SPDX-License-Identifier: Apache-2.0
#include "cli/submission.h"

#include <nlohmann/json.hpp>

#include "cli/job.h"

namespace parnas::cli {
namespace {

constexpr std::string_view kJob = "/study";

bool is_space_file(const std::string& text) {
    return text.ends_with(".yaml") || text.ends_with(".yml") || text.ends_with(".json");
}

Json document_in(const std::filesystem::path& base, const Json& file) {
    return Document::read(base / file.get<std::string>()).root();
}

// {document: ...} for a space that is a file of `base`.
void take_along_space(Json& job, const std::filesystem::path& base) {
    const auto space = job.find("space");
    if (space == job.end())
        return;
    if (space->is_string() && is_space_file(space->get<std::string>())) {
        *space = Json{{"document", document_in(base, *space)}};
    } else if (space->is_object() && space->contains("file") && (*space)["file"].is_string()) {
        (*space)["document"] = document_in(base, (*space)["file"]);
        space->erase("file");
    }
}

}  // namespace

Json to_submission(const Document& document, const SubmitOptions& options) {
    Json job = changed_job(document, options.run);
    std::filesystem::path base = std::filesystem::absolute(options.run.job).parent_path();
    if (const auto own = job.find("base"); own != job.end() && own->is_string())
        base /= own->get<std::string>();
    take_along_space(job, base);
    job.erase("base");
    job.erase("store");
    Json request{{"study", std::move(job)}};
    if (options.project)
        request["project"] = *options.project;
    if (options.workers > 0)
        request["workers"] = options.workers;
    if (options.dry_run)
        request["dry_run"] = true;
    return request;
}

Error with_lines_of_job(const Error& error, const Document& document) {
    std::vector<Fault> faults = error.faults();
    for (Fault& fault : faults)
        if (fault.where == kJob || fault.where.starts_with(std::string(kJob) + '/'))
            fault.where = document.place(fault.where.substr(kJob.size()));
    return {error.kind(), std::move(faults)};
}

}  // namespace parnas::cli
