// SPDX-License-Identifier: Apache-2.0
#include "cli/parser.h"

namespace parnas::cli {
namespace {

void add_submit(Parser& parser) {
    const auto options = std::make_shared<SubmitOptions>();
    CLI::App* submit = parser.add(parser.app,
                                  "submit",
                                  "Begin the search of a job file on a server",
                                  "parnas submit job.yaml --server http://lab:8080 --wait",
                                  options);
    RunOptions& run = options->run;
    submit->add_option("job", run.job, "Job file")->required()->type_name("FILE");
    add_server(*submit, options->server);
    submit->add_option("--set", run.set, "Change a value of the job; may be repeated")
        ->type_name("KEY.PATH=VALUE")
        ->allow_extra_args(false);
    submit->add_option("--name", run.name, "Name of the study instead of the job's");
    add_preset(*submit, run.preset);
    submit->add_option("--trials", run.trials, "Budget in trials instead of the job's");
    submit->add_option("--seed", run.seed, "Seed instead of the job's")
        ->check(at_least<std::uint64_t>(0));
    submit->add_option("--project", options->project, "Project of the study; default if left out")
        ->type_name("PROJECT");
    submit->add_option("--workers", options->workers, "Threads of the server that evaluate too")
        ->check(at_least(0));
    CLI::Option* dry_run =
        submit->add_flag("--dry-run", options->dry_run, "Check the job, and begin nothing");
    submit->add_flag("--wait", options->wait, "End when the search has ended")->excludes(dry_run);
    submit->add_flag_callback(
        "--quiet", [&run] { run.talk = Talk::quiet; }, "Show no progress");
}

void add_jobs(Parser& parser) {
    const auto options = std::make_shared<JobsOptions>();
    CLI::App* jobs = parser.add(parser.app,
                                "jobs",
                                "List the jobs of a server, oldest first",
                                "parnas jobs --server http://lab:8080 --state running",
                                options);
    add_server(*jobs, options->server);
    jobs->add_option("--state", options->state, "Only those in this state")
        ->type_name("STATE")
        ->check(CLI::IsMember({"queued", "running", "paused", "completed", "failed", "cancelled"}));
    jobs->add_option("--study", options->study, "Only those of this study")->type_name("STUDY");
}

void add_top(Parser& parser) {
    const auto options = std::make_shared<TopOptions>();
    CLI::App* top = parser.add(parser.app,
                               "top",
                               "Watch the searches of a server, until Ctrl-C",
                               "parnas top --server http://lab:8080",
                               options);
    add_server(*top, options->server);
    top->add_option("--every", options->every, "Seconds between two looks")
        ->type_name("SECONDS")
        ->check(CLI::Range(0.1, 3600.0))
        ->capture_default_str();
    top->add_flag("--once", options->once, "Print one screen, of two looks, and end");
}

void add_logs(Parser& parser) {
    const auto options = std::make_shared<LogsOptions>();
    CLI::App* logs = parser.add(parser.app,
                                "logs",
                                "Show what happened in a study, an event a line",
                                "parnas logs -f my-search --server http://lab:8080",
                                options);
    logs->add_option("study", options->study, "Name of the study")->required()->type_name("STUDY");
    add_server(*logs, options->server);
    logs->add_flag("-f,--follow", options->follow, "Go on until the study has ended");
    logs->add_option("--since", options->since, "Go on after the event with this number")
        ->type_name("SEQ")
        ->check(at_least(0));
    logs->add_option("--kind", options->kinds, "Only events of this kind; may be repeated")
        ->type_name("KIND")
        ->allow_extra_args(false)
        ->delimiter(',');
}

}  // namespace

void add_server(CLI::App& command, ServerOptions& options) {
    command
        .add_option(
            "--server",
            options.server,
            "Server to ask instead of a store: http://host:8080, or https; $PARNAS_SERVER if left "
            "out")
        ->type_name("URL");
    command
        .add_option("--token-file",
                    options.token_file,
                    "File with the server's token, which only its owner may read; "
                    "$PARNAS_TOKEN_FILE, or the token in $PARNAS_TOKEN, if left out")
        ->type_name("FILE");
    add_ca_file(command, options.ca_file);
}

CLI::Option* add_ca_file(CLI::App& command, std::filesystem::path& file) {
    return command
        .add_option(
            "--ca-file",
            file,
            "Certificates, as PEM, of those who vouch for an https server; $SSL_CERT_FILE, or "
            "the system's, if left out")
        ->type_name("FILE");
}

void add_client_commands(Parser& parser) {
    add_submit(parser);
    add_jobs(parser);
    add_top(parser);
    add_logs(parser);
}

}  // namespace parnas::cli
