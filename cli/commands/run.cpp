// SPDX-License-Identifier: Apache-2.0
#include <functional>

#include <fmt/format.h>

#include "cli/audit_session.h"
#include "cli/commands/commands.h"
#include "cli/interrupts.h"
#include "cli/job.h"
#include "cli/search_session.h"
#include "cli/stores.h"
#include "cli/text/shell.h"
#include "search/audit/run_audit.h"
#include "search/presets.h"
#include "store/sqlite_store.h"

namespace parnas::cli {
namespace {

constexpr std::size_t kFewPoints = 10;  // as many as are told one by one

Error taken(const std::string& name) {
    return {ErrorKind::conflict,
            fmt::format("a study of this name is there already: go on with `parnas resume {}`, or "
                        "choose another name with --name",
                        shell_word(name)),
            name};
}

StudyId create_or_refuse(const search::PreparedStudy& study, store::Store& store) {
    try {
        return search::create_study(study, store);
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::conflict)
            throw taken(study.job.name);
        throw;
    }
}

// What cannot be finished since the user stopped it is no error of its own.
int unless_interrupted(const Interrupts& interrupts,
                       Console& console,
                       const std::function<int()>& work) {
    try {
        return work();
    } catch (const Error& error) {
        if (!interrupts.requested() || error.kind() != ErrorKind::unavailable)
            throw;
        console.err << error_text(error, console.output);
        return kInterrupted;
    }
}

// A preset's limits give way to those of the job.
void tell_preset(const search::JobSpec& job, Console& console) {
    if (!job.preset)
        return;
    for (const auto& [metric, limit] : search::find_preset(*job.preset).limits)
        if (const double own = job.limits.at(metric); own != limit)
            console.err << fmt::format("The job's own limit of {} {} stands; {} has {}\n",
                                       metric,
                                       own,
                                       *job.preset,
                                       limit);
}

// What is set for the first trials, and where it came from.
void tell_initial(const search::JobSpec& job, Console& console) {
    for (std::size_t i = 0; i < job.initial.size() && i < kFewPoints; ++i)
        console.err << fmt::format("Trial {} is set: {}\n", i, printable(job.initial[i].reason));
    if (job.initial.size() > kFewPoints)
        console.err << fmt::format("Trials up to {} are set as well\n", job.initial.size() - 1);
}

// What the strategy knows beforehand, and how many trials of other studies do not fit.
void tell_known(const search::JobSpec& job, std::size_t unfit, Console& console) {
    if (!job.known.empty() || unfit > 0)
        console.err << fmt::format("The strategy knows {} results beforehand", job.known.size())
                    << (unfit > 0 ? fmt::format("; {} trials do not fit this space\n", unfit)
                                  : "\n");
}

// Runs a study to its end, and audits it if its strategy shared weights.
int drive_and_audit(const SessionParts& parts,
                    bool audited,
                    const GlobalOptions& global,
                    const Interrupts& interrupts,
                    Console& console) {
    const int code = drive(parts, global, interrupts, console);
    const auto& options = parts.study.job.audit;
    const bool complete = parts.store.study(parts.id).state == store::StudyState::complete;
    if (!audited || !options || !complete || !search::can_be_audited(parts.store, parts.id))
        return code;
    return audit(parts, *options, global, interrupts, console);
}

int run_job(const RunOptions& options,
            const GlobalOptions& global,
            const Interrupts& interrupts,
            Console& console) {
    search::PreparedStudy study = prepare_job(options, interrupts.token());
    GlobalOptions with_store = global;
    if (with_store.store.empty() && study.job.store)
        with_store.store = *study.job.store;
    const auto store =
        store::make_sqlite_store({.path = store_path(with_store), .mode = store::OpenMode::create});
    const std::size_t unfit = search::resolve_warm_start(study, *store);
    const StudyId id = create_or_refuse(study, *store);
    if (options.talk == Talk::progress) {
        tell_preset(study.job, console);
        tell_initial(study.job, console);
        tell_known(study.job, unfit, console);
    }
    return drive_and_audit({.study = study, .store = *store, .id = id, .talk = options.talk},
                           options.audit,
                           with_store,
                           interrupts,
                           console);
}

// A study of another program gets the job first.
search::PreparedStudy adopt(store::Store& store,
                            const store::StudyRecord& record,
                            const ResumeOptions& options,
                            const std::stop_token& stop) {
    search::PreparedStudy study = prepare_adopted_job(store, record, options, stop);
    search::resolve_warm_start(study, store);
    store.adopt_study(record.id, search::study_spec(study.job));
    return study;
}

int resume_study(const ResumeOptions& options,
                 const GlobalOptions& global,
                 const Interrupts& interrupts,
                 Console& console) {
    const auto store = open_to_write(global);
    const store::StudyRecord record = find_study(*store, options.study);
    const search::PreparedStudy study =
        options.job ? adopt(*store, record, options, interrupts.token())
                    : prepare_stored_job(record, options, interrupts.token());
    return drive_and_audit({.study = study, .store = *store, .id = record.id, .talk = options.talk},
                           options.audit,
                           global,
                           interrupts,
                           console);
}

int audit_study(const AuditCommandOptions& options,
                const GlobalOptions& global,
                const Interrupts& interrupts,
                Console& console) {
    const auto store = open_to_write(global);
    const store::StudyRecord record = find_study(*store, options.study);
    const search::PreparedStudy study =
        prepare_stored_job(record, {.workers = options.workers}, interrupts.token());
    search::AuditOptions asked = study.job.audit.value_or(search::AuditOptions{});
    asked.networks = options.networks.value_or(asked.networks);
    if (options.baselines)
        asked.baselines = search::baselines_from(*options.baselines);
    asked.ceiling = asked.ceiling || options.ceiling;
    return audit({.study = study, .store = *store, .id = record.id, .talk = options.talk},
                 asked,
                 global,
                 interrupts,
                 console);
}

}  // namespace

int run(const RunOptions& options, const GlobalOptions& global, Console& console) {
    const Interrupts interrupts;
    return unless_interrupted(
        interrupts, console, [&] { return run_job(options, global, interrupts, console); });
}

int run(const ResumeOptions& options, const GlobalOptions& global, Console& console) {
    const Interrupts interrupts;
    return unless_interrupted(
        interrupts, console, [&] { return resume_study(options, global, interrupts, console); });
}

int run(const AuditCommandOptions& options, const GlobalOptions& global, Console& console) {
    const Interrupts interrupts;
    return unless_interrupted(
        interrupts, console, [&] { return audit_study(options, global, interrupts, console); });
}

}  // namespace parnas::cli
