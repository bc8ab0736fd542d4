// SPDX-License-Identifier: Apache-2.0
#include "cli/job.h"

#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/composition.h"
#include "cli/machine.h"
#include "cli/torch_module.h"
#include "search/adopted_job.h"
#include "spaces/load.h"

namespace parnas::cli {
namespace {

// Changes a value of the job as `--option` says.
void change(Json& job, const std::string& option, std::string_view path, std::string_view text) {
    try {
        search::set_value(job, path, text);
    } catch (const Error& error) {
        throw Error(error.kind(), error.what(), option);
    }
}

void change(Json& job, const std::vector<std::string>& set) {
    for (const std::string& text : set) {
        const std::size_t equals = text.find('=');
        if (equals == std::string::npos || equals == 0)
            throw Error(ErrorKind::invalid_input,
                        fmt::format("expected KEY.PATH=VALUE, got '{}'", text),
                        "--set");
        change(job, "--set " + text, text.substr(0, equals), text.substr(equals + 1));
    }
}

void change(Json& job, const RunOptions& options) {
    change(job, options.set);
    if (options.name)
        job["name"] = *options.name;
    if (options.preset)
        job["preset"] = *options.preset;
    if (options.workers)
        job["workers"] = *options.workers;
    if (options.seed)
        job["seed"] = *options.seed;
    if (options.trials)
        change(job, "--trials", "budget.trials", std::to_string(*options.trials));
}

void change(Json& job, const ResumeOptions& options) {
    if (options.workers)
        job["workers"] = *options.workers;
    if (options.trials)
        job["budget"]["trials"] = *options.trials;
    if (options.wall_time)
        job["budget"]["wall_time"] = *options.wall_time;
}

search::PreparedStudy prepare(search::JobSpec job,
                              const Json& document,
                              const std::stop_token& stop) {
    search::Registries registries = make_registries();
    if (needs_torch_module(document))
        open_torch_module(registries);
    return search::prepare_study(std::move(job), registries, spaces::load_space, stop);
}

Json stored_document(const store::StudyRecord& study) {
    if (study.spec.job.empty())
        throw Error(ErrorKind::invalid_input,
                    "another program made this study: it has no job to go by until `parnas resume "
                    "STUDY --job FILE` gives it one",
                    study.spec.name);
    return parse_json(study.spec.job, study.spec.name);
}

search::JobSpec read_stored(const Json& document, int cores) {
    Faults faults;
    search::JobSpec job = search::read_job(document, "/", cores, faults);
    faults.throw_if_any();
    return job;
}

// Pointers into the job turned into lines of its file. Errors of other kinds have places of
// their own.
Error with_lines(const Error& error, const Document& document) {
    std::vector<Fault> faults = error.faults();
    if (error.kind() == ErrorKind::invalid_input)
        for (Fault& fault : faults)
            fault.where = document.place(fault.where);
    return {error.kind(), std::move(faults)};
}

// `job`: the document of the file, changed.
search::PreparedStudy prepare(const Document& document,
                              const std::filesystem::path& file,
                              const Json& job,
                              const std::stop_token& stop) {
    Faults faults;
    search::JobSpec spec = search::read_job(
        job, std::filesystem::absolute(file).parent_path(), usable_cores(), faults);
    document.throw_if_any(faults);
    try {
        return prepare(std::move(spec), job, stop);
    } catch (const Error& error) {
        throw with_lines(error, document);
    }
}

}  // namespace

Json changed_job(const Document& document, const RunOptions& options) {
    Json job = document.root();
    if (!job.is_object())
        throw Error(ErrorKind::invalid_input,
                    fmt::format("a job is an object, not {}", type_name(job)),
                    document.place(""));
    change(job, options);
    return job;
}

search::PreparedStudy prepare_job(const RunOptions& options, const std::stop_token& stop) {
    const Document document = Document::read(options.job);
    return prepare(document, options.job, changed_job(document, options), stop);
}

search::PreparedStudy prepare_adopted_job(const store::Store& store,
                                          const store::StudyRecord& study,
                                          const ResumeOptions& options,
                                          const std::stop_token& stop) {
    const Document document = Document::read(*options.job);
    Json job = search::completed_job(changed_job(document, {}), study.spec, store.trials(study.id));
    change(job, options);
    return prepare(document, *options.job, job, stop);
}

search::JobSpec stored_job(const store::StudyRecord& study) {
    // To look at a study takes no worker: it may come from a larger machine.
    return read_stored(stored_document(study), std::numeric_limits<int>::max());
}

search::PreparedStudy prepare_stored_job(const store::StudyRecord& study,
                                         const ResumeOptions& options,
                                         const std::stop_token& stop) {
    Json job = stored_document(study);
    change(job, options);
    return prepare(read_stored(job, usable_cores()), job, stop);
}

Json overrides_of(const std::vector<std::string>& set) {
    Json overrides = Json::object();
    change(overrides, set);
    return overrides;
}

search::PreparedStudy prepare_clone(const store::StudyRecord& study,
                                    const CloneOptions& options,
                                    const std::stop_token& stop) {
    Json job = stored_document(study);
    if (options.warm_start)
        job["warm_start"]["study"] = study.spec.name;
    change(job, options.set);
    job["name"] = options.name;
    return prepare(read_stored(job, usable_cores()), job, stop);
}

search::PreparedStudy prepare_audit_job(search::JobSpec job, const std::stop_token& stop) {
    const Json document = parse_json(search::to_job_document(job), job.name);
    return prepare(std::move(job), document, stop);
}

}  // namespace parnas::cli
