// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/client/reply.h"
#include "api/client/service_client.h"
#include "cli/commands/commands.h"
#include "cli/interrupts.h"
#include "cli/remote_records.h"
#include "cli/servers.h"
#include "cli/submission.h"
#include "cli/text/progress.h"

namespace parnas::cli {
namespace {

constexpr const char* kJobs = "/v1/jobs";
constexpr Seconds kBetweenLooks{0.5};

struct Submitted {
    std::string id;
    std::string study;
};

Json send(const Document& document, const SubmitOptions& options, client::ServiceClient& client) {
    try {
        return client.post(kJobs, to_submission(document, options), short_patience());
    } catch (const Error& error) {
        throw with_lines_of_job(error, document);
    }
}

void tell_dry_run(const Json& answer, Console& console) {
    if (console.output == OutputFormat::json) {
        print(console, answer);
        return;
    }
    print_record(console, client::read_reply(answer, kJobs, [](ObjectReader& reader) {
                     const auto trials = reader.optional_integer("trials");
                     return Table{
                         .columns = {{"study", "study"}, {"trials", "trials"}},
                         .rows = {{reader.text("study"), trials ? Scalar(*trials) : Scalar()}}};
                 }));
    console.err << "The job is as it should be; nothing was begun.\n";
}

bool has_ended(const SubmittedJob& job) {
    return job.state == "completed" || job.state == "failed" || job.state == "cancelled";
}

// How a job ended, for the program's end.
int outcome(const SubmittedJob& job) {
    if (job.state == "failed")
        throw Error(ErrorKind::unavailable, "the study failed: " + job.reason, job.study);
    if (job.state == "cancelled")
        throw Error(ErrorKind::conflict, "the job was cancelled", job.id);
    return 0;
}

int wait_until_ended(const Submitted& submitted,
                     const SubmitOptions& options,
                     client::ServiceClient& client,
                     Console& console) {
    const Interrupts interrupts;
    const client::Patience patience{.stop = interrupts.token()};
    const std::string path = fmt::format("{}/{}", kJobs, submitted.id);
    ProgressMeter meter(console.err,
                        console.live ? ProgressMeter::Style::rewrite : ProgressMeter::Style::lines);
    const auto began = std::chrono::steady_clock::now();
    while (!interrupts.requested()) {
        Json answer;
        try {
            answer = client.get(path, patience);
        } catch (const Error& error) {
            if (!interrupts.requested() || error.kind() != ErrorKind::unavailable)
                throw;
            break;
        }
        const SubmittedJob job = read_remote_job(answer, path);
        if (options.run.talk == Talk::progress)
            meter.show({.finished = job.done,
                        .budget = job.total,
                        .elapsed = std::chrono::steady_clock::now() - began});
        if (has_ended(job)) {
            meter.clear();
            if (console.output == OutputFormat::json)
                print(console, answer);
            else
                console.out << fmt::format("{}: {}, {} trials\n", job.study, job.state, job.done);
            return outcome(job);
        }
        sleep_for(kBetweenLooks, interrupts.token());
    }
    meter.clear();
    console.err << "The search goes on at the server; `parnas jobs` shows how far it is.\n";
    return kInterrupted;
}

}  // namespace

int run(const SubmitOptions& options, const GlobalOptions& global, Console& console) {
    client::HttpClient http(need_server(options.server, global));
    client::ServiceClient client(http);
    const Document document = Document::read(options.run.job);
    const Json answer = send(document, options, client);
    if (options.dry_run) {
        tell_dry_run(answer, console);
        return 0;
    }
    const auto submitted = client::read_reply(answer, kJobs, [](ObjectReader& reader) {
        return Submitted{.id = reader.text("id"), .study = reader.text("study")};
    });
    if (console.output == OutputFormat::json)
        print(console, answer);
    else
        console.out << fmt::format("{} is searched as {}\n", submitted.study, submitted.id);
    console.out.flush();
    return options.wait ? wait_until_ended(submitted, options, client, console) : 0;
}

}  // namespace parnas::cli
