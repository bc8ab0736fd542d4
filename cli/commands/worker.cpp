// SPDX-License-Identifier: Apache-2.0
#include "api/client/worker.h"

#include <array>
#include <unistd.h>

#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "cli/interrupts.h"
#include "cli/machine.h"
#include "cli/servers.h"
#include "cli/worker_manifests.h"
#include "cli/worker_study.h"
#include "cli/worker_talk.h"
#include "core/duration.h"

namespace parnas::cli {
namespace {

std::string host_name() {
    std::array<char, 256> name{};
    return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

std::optional<Seconds> seconds_of(const char* option, const std::optional<std::string>& text) {
    if (!text)
        return std::nullopt;
    try {
        return seconds_from_string(*text);
    } catch (const Error& error) {
        throw Error(error.kind(), error.what(), option);
    }
}

client::WorkerOptions to_client(const WorkerOptions& options) {
    const std::string host = host_name();
    return {.card = {.name = options.name.value_or(fmt::format("{}-{}", host, getpid())),
                     .host = host,
                     .pid = getpid(),
                     .version = PARNAS_VERSION,
                     .target = options.target},
            .study = options.study,
            .slots = static_cast<int>(options.slots),
            .max_trials = options.max_trials,
            .idle_exit = seconds_of("--idle-exit", options.idle_exit),
            .grace = seconds_of("--grace", options.grace).value_or(Seconds(0.0))};
}

void check_cores(const WorkerOptions& options, const client::StudyParts& parts) {
    const int cores = usable_cores();
    if (options.slots * parts.threads > cores)
        throw Error(ErrorKind::invalid_input,
                    fmt::format("{} evaluations with {} threads each, as the study's job says, are "
                                "more than the {} cores here",
                                options.slots,
                                parts.threads,
                                cores),
                    "--slots");
}

int work(const WorkerOptions& options, const Interrupts& interrupts, Console& console) {
    WorkerTalk talk(console, options.talk);
    client::HttpClient http(server_at(options.server, options.token_file, options.ca_file));
    client::ServiceClient service(http, [&](const std::string& why, Seconds) { talk.outage(why); });
    const WorkerTrust trust{.evaluator = options.evaluator, .job = options.trust_job};
    const client::WorkerParts parts{.client = service,
                                    .make_parts =
                                        [&](const client::StudyView& study) {
                                            client::StudyParts made =
                                                make_study_parts(study, trust);
                                            check_cores(options, made);
                                            return made;
                                        },
                                    .observer = talk};
    const client::WorkerEnd end = client::run_worker(parts, to_client(options), interrupts.token());
    talk.summarise(end);
    return end == client::WorkerEnd::interrupted ? kInterrupted : 0;
}

}  // namespace

int run(const WorkerOptions& options, const GlobalOptions&, Console& console) {
    if (options.manifest != WorkerManifest::none) {
        console.out << (options.manifest == WorkerManifest::slurm ? slurm_script(options)
                                                                  : kubernetes_manifest(options));
        return 0;
    }
    const Interrupts interrupts;
    try {
        return work(options, interrupts, console);
    } catch (const Error& error) {
        // What cannot be finished since the user stopped it is no error of its own.
        if (!interrupts.requested() || error.kind() != ErrorKind::unavailable)
            throw;
        console.err << error_text(error, console.output);
        return kInterrupted;
    }
}

}  // namespace parnas::cli
