// SPDX-License-Identifier: Apache-2.0
#include "cli/parser.h"

namespace parnas::cli {

void add_bench_commands(Parser& parser) {
    CLI::App* bench = parser.app.add_subcommand("bench", "Measure this installation");
    bench->footer("Example:\n  parnas bench driver");
    bench->fallthrough();
    bench->require_subcommand(1);

    const auto nb201 = std::make_shared<BenchNb201Options>();
    CLI::App* tables = parser.add(*bench,
                                  "nb201",
                                  "Compare searches on NAS-Bench-201 with published figures",
                                  "parnas bench nb201 --data tables --seeds 500",
                                  nb201);
    tables
        ->add_option(
            "--data", nb201->data, "Folder of nb201_accuracy.csv.gz and nb201_latency.csv.gz")
        ->required()
        ->type_name("FOLDER");
    tables
        ->add_option("--seeds",
                     nb201->seeds,
                     "Searches for each figure; from 200 on agreement means something")
        ->check(at_least(2));
    tables->add_option("--threads", nb201->threads, "Searches at the same time")
        ->check(at_least(1));

    const auto model = std::make_shared<BenchNb201ModelOptions>();
    CLI::App* modelled = parser.add(*bench,
                                    "nb201-model",
                                    "Count the trials that `bananas` needs on NAS-Bench-201",
                                    "parnas bench nb201-model --data tables --seeds 20",
                                    model);
    modelled
        ->add_option(
            "--data", model->data, "Folder of nb201_accuracy.csv.gz and nb201_latency.csv.gz")
        ->required()
        ->type_name("FOLDER");
    modelled->add_option("--seeds", model->seeds, "Searches for each figure")->check(at_least(1));
    modelled->add_option("--first-seed", model->first_seed, "Seed of the first search");
    modelled->add_option("--threads", model->threads, "Searches at the same time")
        ->check(at_least(1));

    const auto driver = std::make_shared<BenchDriverOptions>();
    CLI::App* trials = parser.add(*bench,
                                  "driver",
                                  "Measure how many trials a second can be recorded",
                                  "parnas bench driver --trials 20000",
                                  driver);
    trials->add_option("--folder", driver->folder, "Where temporary stores are written")
        ->type_name("FOLDER");
    trials->add_option("--trials", driver->trials, "Trials of each measurement")
        ->check(at_least(1));
    trials->add_option("--rounds", driver->rounds, "Measurements of each figure")
        ->check(at_least(1));

    const auto proxies = std::make_shared<BenchProxiesOptions>();
    CLI::App* scores =
        parser.add(*bench,
                   "proxies",
                   "Compare scores of untrained networks with NAS-Bench-201's accuracies",
                   "parnas bench proxies --data tables --networks 200",
                   proxies);
    scores->add_option("--data", proxies->data, "Folder of nb201_accuracy.csv.gz")
        ->required()
        ->type_name("FOLDER");
    scores
        ->add_option("--images",
                     proxies->images,
                     "Images in CIFAR-10's binary format; cifar10_lossy_train_10000.bin.gz of the "
                     "folder if left out")
        ->type_name("FILE");
    scores->add_option("--networks", proxies->networks, "Networks that are drawn")
        ->check(at_least(2));
    scores->add_option("--batch", proxies->batch, "Images of a batch")->check(at_least(2));
    scores->add_option("--seed", proxies->seed, "Seed of networks, weights and batches");
    scores->add_option("--threads", proxies->threads, "Networks at the same time")
        ->check(at_least(1));

    const auto quality = std::make_shared<BenchQualityOptions>();
    CLI::App* strategies = parser.add(
        *bench,
        "quality",
        "Compare strategies at equal numbers of trials, beside Optuna's recorded results",
        "parnas bench quality --data tables --problem branin,zdt1 --strategy tpe",
        quality);
    strategies
        ->add_option("--data", quality->data, "Folder of recorded tables and optuna_quality.csv")
        ->required()
        ->type_name("FOLDER");
    strategies->add_option("--problem", quality->problems, "Some of the problems; may be repeated")
        ->type_name("NAME")
        ->allow_extra_args(false)
        ->delimiter(',');
    strategies
        ->add_option(
            "--strategy",
            quality->strategies,
            "As in a job: tpe, or '{type: nsga2, population: 20}'; may be repeated; auto if "
            "left out")
        ->type_name("STRATEGY")
        ->allow_extra_args(false);
    strategies->add_option("--seeds", quality->seeds, "Searches for each figure")
        ->check(at_least(1));
    strategies->add_option("--first-seed", quality->first_seed, "Seed of the first of them");
    strategies
        ->add_option("--trials", quality->trials, "Of each search, instead of the problem's number")
        ->check(at_least(1));
    strategies->add_option("--threads", quality->threads, "Searches at the same time")
        ->check(at_least(1));

    const auto hardware = std::make_shared<BenchHardwareOptions>();
    CLI::App* fitted =
        parser.add(*bench,
                   "hardware",
                   "Fit latency models to few rows of recorded tables and judge them by the others",
                   "parnas bench hardware --data tables --task help,coverage --seeds 10",
                   hardware);
    fitted
        ->add_option("--data",
                     hardware->data,
                     "Folder of recorded latencies: nb201_*.csv.gz, fbnet_*, ofa_mbv3_* and hat_*")
        ->required()
        ->type_name("FOLDER");
    fitted
        ->add_option("--task",
                     hardware->tasks,
                     "Some of help, fbnet, regression, coverage, selection, transformers, table")
        ->type_name("NAME")
        ->allow_extra_args(false)
        ->delimiter(',');
    fitted
        ->add_option("--seeds", hardware->seeds, "Of each figure; three times as many of coverage")
        ->check(at_least(2));
    fitted->add_option("--first-seed", hardware->first_seed, "Seed of the first of them");
    fitted->add_option("--threads", hardware->threads, "Fits at the same time")->check(at_least(1));

    const auto host = std::make_shared<BenchHostOptions>();
    CLI::App* profiled = parser.add(
        *bench,
        "host",
        "Profile spaces on this machine's runtimes and compare networks with their predictions",
        "parnas bench host --space cell201 --target '{runtime: libtorch-frozen, threads: 2}'",
        host);
    profiled->add_option("--space", host->spaces, "Spaces; cell201 and mobile if left out")
        ->type_name("SPACE")
        ->allow_extra_args(false)
        ->delimiter(',');
    profiled
        ->add_option("--target",
                     host->targets,
                     "As of a measured target in a job; may be repeated; five of LibTorch if left "
                     "out")
        ->type_name("TARGET")
        ->allow_extra_args(false);
    profiled->add_option("--networks", host->networks, "Held out from profiling")
        ->check(at_least(2));
    profiled->add_option("--probes", host->probes, "Measured to fit a predictor to")
        ->check(at_least(2));
    profiled->add_option("--kernels", host->kernels, "Of a table, at most")->check(at_least(1));
    profiled->add_option("--passes", host->passes, "Over all kernels")->check(at_least(1));
    profiled->add_option("--seed", host->seed, "Of the networks that are drawn");
    add_measuring(*profiled, host->measuring);

    const auto service = std::make_shared<BenchServiceOptions>();
    CLI::App* load =
        parser.add(*bench,
                   "service",
                   "Load a server with workers that only take and report trials",
                   "parnas bench service --server http://127.0.0.1:8080 --trials 10000",
                   service);
    load->add_option("--server", service->server, "Where the server is: http://host:8080")
        ->required()
        ->type_name("URL");
    load->add_option("--name", service->name, "Name of the study that is made for it");
    load->add_option("--workers", service->workers, "At the same time")->check(at_least(1));
    load->add_option("--trials", service->trials, "Of ten parameters each")->check(at_least(1));
    load->add_option("--slots",
                     service->slots,
                     "Trials that a worker has at the same time, whose results travel together")
        ->check(CLI::Range(1, 64));
    load->add_flag(
        "--apart",
        service->apart,
        "Two requests for each trial: a result, then the next lease. Otherwise one has both");
}

}  // namespace parnas::cli
