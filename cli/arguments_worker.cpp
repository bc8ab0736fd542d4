// SPDX-License-Identifier: Apache-2.0
#include "cli/parser.h"

namespace parnas::cli {

void add_worker_command(Parser& parser) {
    const auto options = std::make_shared<WorkerOptions>();
    CLI::App* worker = parser.add(
        parser.app,
        "worker",
        "Evaluate trials of studies on a server, until the study has ended",
        "parnas worker --server http://lab:8080 --token-file worker.token --study digits "
        "--evaluator train.yaml",
        options);
    worker
        ->add_option("--server", options->server, "Where the server is: http://host:8080, or https")
        ->required()
        ->envname("PARNAS_SERVER")
        ->type_name("URL");
    worker
        ->add_option("--token-file",
                     options->token_file,
                     "File with the token, which only its owner may read; $PARNAS_TOKEN_FILE, or "
                     "the token in "
                     "$PARNAS_TOKEN, if left out")
        ->type_name("FILE");
    CLI::Option* ca = add_ca_file(*worker, options->ca_file);
    worker
        ->add_option(
            "--study", options->study, "Only trials of this study; all studies if left out")
        ->type_name("STUDY");
    worker->add_option("--slots", options->slots, "Evaluations at the same time")
        ->check(at_least(1));
    worker->add_option("--name", options->name, "Name of the worker; host and process if left out")
        ->type_name("NAME");
    worker->add_option("--target", options->target, "Target that this machine is")
        ->type_name("TARGET");
    worker
        ->add_option("--evaluator",
                     options->evaluator,
                     "File with this worker's own evaluator, as `evaluator` is in a job file")
        ->type_name("FILE");
    worker->add_flag("--trust-job",
                     options->trust_job,
                     "Run the programs and open the files that the server's jobs name");
    worker->add_option("--max-trials", options->max_trials, "End after so many trials")
        ->check(at_least(1));
    worker
        ->add_option(
            "--idle-exit", options->idle_exit, "End after so long without a trial: 90s, 10min")
        ->type_name("TIME");
    worker
        ->add_option("--grace",
                     options->grace,
                     "When stopped, let evaluations end by themselves for so long; they are given "
                     "back at once if left out")
        ->type_name("TIME");
    worker->add_flag_callback(
        "--quiet", [options] { options->talk = Talk::quiet; }, "Show no progress");
    CLI::Option* slurm = worker->add_flag_callback(
        "--print-slurm",
        [options] { options->manifest = WorkerManifest::slurm; },
        "Print a Slurm batch script for such workers instead");
    worker
        ->add_flag_callback(
            "--print-k8s",
            [options] { options->manifest = WorkerManifest::kubernetes; },
            "Print a Kubernetes Job for such workers instead")
        ->excludes(slurm)
        ->excludes(ca);
}

}  // namespace parnas::cli
