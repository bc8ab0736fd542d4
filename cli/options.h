// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cli/new_file.h"
#include "core/log.h"
#include "core/trial.h"
#include "search/trial_json.h"

// What the user asked for, one struct per command.
namespace parnas::cli {

enum class OutputFormat { table, json, csv };

struct GlobalOptions {
    std::filesystem::path store;  // empty: the job's, $PARNAS_STORE or parnas.db
    OutputFormat output = OutputFormat::table;
    bool ascii = false;
    // Documents of plugins and folders of them; empty: $PARNAS_PLUGINS or the user's own folder.
    std::vector<std::filesystem::path> plugins;
};

enum class Talk { progress, quiet };

// A server that is asked instead of a store.
struct ServerOptions {
    std::string server;                // empty: $PARNAS_SERVER, or none
    std::filesystem::path token_file;  // empty: $PARNAS_TOKEN_FILE, $PARNAS_TOKEN, or none
    std::filesystem::path ca_file;     // empty: $SSL_CERT_FILE, or the system's
};

struct RunOptions {
    std::filesystem::path job;
    std::vector<std::string> set;  // "strategy.population=40"
    std::optional<std::string> preset;
    std::optional<std::string> name;
    std::optional<std::int64_t> workers;
    std::optional<std::int64_t> trials;
    std::optional<std::uint64_t> seed;
    bool audit = true;  // of a study with shared weights
    Talk talk = Talk::progress;
};

struct ResumeOptions {
    std::string study;
    std::optional<std::filesystem::path> job;  // for a study that another program made
    std::optional<std::int64_t> workers;
    std::optional<std::int64_t> trials;    // of the whole study
    std::optional<std::string> wall_time;  // "90", "90s", "30m", "2h"
    bool audit = true;                     // of a study with shared weights
    Talk talk = Talk::progress;
};

// As the job says, but for what is set.
struct AuditCommandOptions {
    std::string study;
    std::optional<std::int64_t> networks;
    std::optional<std::string> baselines;
    bool ceiling = false;
    std::optional<std::int64_t> workers;
    Talk talk = Talk::progress;
};

struct StudiesOptions {
    std::optional<std::string> tag;  // all if there is none
    ServerOptions server;
};

struct StatusOptions {
    std::optional<std::string> study;  // the latest one if it is not named
};

using search::Detail;

struct TrialsOptions {
    std::string study;
    std::vector<std::string> states;  // all if empty
    std::optional<std::string> tag;
    std::optional<std::string> sort;
    std::optional<std::int64_t> limit;
    Detail detail = Detail::everything;
    ServerOptions server;
};

struct PhasesOptions {
    std::string study;
    Detail detail = Detail::everything;
};

struct FrontOptions {
    std::string study;
    std::optional<std::int64_t> version;
    ServerOptions server;
};

struct ExportOptions {
    std::string study;
    std::optional<TrialNumber> trial;
    std::vector<std::string> limits;  // "latency_ms=8"
    std::optional<std::string> preset;
    std::optional<double> confidence;   // that a latency is within its limit
    std::optional<std::string> target;  // that the limits are about; none: the study's
    std::string format = "json";
    std::filesystem::path out;  // empty: <study>-<trial>.<format>
    Overwrite overwrite = Overwrite::no;
    // Of the format onnx.
    bool fold_batch_norm = false;
    std::optional<int> opset;
    std::optional<std::int64_t> batch;
    std::optional<std::uint64_t> random_weights;  // a seed
    ServerOptions server;
};

struct ReportOptions {
    std::string study;
    std::filesystem::path out;  // empty: <study>.html
    Overwrite overwrite = Overwrite::no;
};

struct ImportanceOptions {
    std::string study;
    std::string method = "fanova";      // or ped_anova
    std::optional<std::string> target;  // all objectives if there is none
    double quantile = 0.1;
    double region = 1.0;
    std::uint64_t seed = 0;
};

// Groups of studies: names and patterns, with commas between them.
struct CompareOptions {
    std::string first;
    std::string second;
    std::filesystem::path other_store;  // of the second group; empty: as the first
    std::optional<std::string> target;
    std::filesystem::path html;  // empty: none is written
    Overwrite overwrite = Overwrite::no;
};

// Shows what is there if nothing is to be changed.
struct AnnotateOptions {
    std::string study;
    std::optional<TrialNumber> trial;
    std::optional<std::string> note;
    std::vector<std::string> tag;
    std::vector<std::string> untag;
    std::vector<std::string> set;  // "batch=64"
};

struct CloneOptions {
    std::string study;
    std::string name;             // of the clone
    std::string trials = "none";  // or all, front
    bool warm_start = false;
    std::vector<std::string> set;
    ServerOptions server;
};

struct DbCheckOptions {};

struct DbBackupOptions {
    std::filesystem::path file;
    bool force = false;
};

struct DbRestoreOptions {
    std::filesystem::path file;
};

struct DbMigrateOptions {};

struct DbAdoptOptions {
    std::filesystem::path file;
};

struct DbCompactOptions {
    std::filesystem::path file;  // empty: the store
};

struct DbStatsOptions {};

// Of journal files.
struct OptunaImportOptions {
    std::filesystem::path file;
    std::optional<std::string> study;  // all if there is none
};

struct OptunaExportOptions {
    std::filesystem::path file;
    std::optional<std::string> study;  // all if there is none
    Overwrite overwrite = Overwrite::no;
};

struct TokensCreateOptions {
    std::string name;
    std::vector<std::string> scopes;
    std::vector<std::string> projects;      // all if empty
    std::optional<std::string> study;       // the only one
    std::optional<std::string> expires_in;  // "90d"
    std::filesystem::path secret_file;      // empty: the secret is printed
    Overwrite overwrite = Overwrite::no;
    ServerOptions server;
};

struct TokensListOptions {
    ServerOptions server;
};

struct TokensRevokeOptions {
    std::string token;  // name or id
    ServerOptions server;
};

struct WorkersListOptions {
    std::optional<std::string> state;  // all if there is none
    ServerOptions server;
};

struct WorkersDrainOptions {
    std::string worker;  // id or name
    bool drain = true;   // false: it takes trials again
    ServerOptions server;
};

struct SpacesListOptions {};

struct SpacesShowOptions {
    std::string space;
    std::vector<std::string> arguments;  // "classes=100"
    bool document = false;
};

struct SpacesLintOptions {
    std::string space;
    std::vector<std::string> arguments;
    std::vector<std::string> limits;  // "parameters=1000000"
    std::int64_t samples = 200;
    std::uint64_t seed = 0;
};

struct SpacesSampleOptions {
    std::string space;
    std::vector<std::string> arguments;
    std::int64_t count = 5;
    std::uint64_t seed = 0;
};

struct SpacesBlocksOptions {};

struct PluginListOptions {};

struct PluginCheckOptions {
    std::string plugin;  // name, document or folder
    std::uint64_t seed = 0;
};

struct PluginNewOptions {
    std::string role;  // space, evaluator, sampler, target
    std::string name;
    std::string language = "python";  // or cpp
    std::filesystem::path out;        // empty: a folder of that name
};

struct TargetsListOptions {};

struct TargetsShowOptions {
    std::string target;
    bool document = false;
};

struct TargetsAddOptions {
    std::filesystem::path file;
    Overwrite overwrite = Overwrite::no;
};

// A runtime of this machine, in a setting.
struct RuntimeChoice {
    std::string runtime = "libtorch";
    std::int64_t threads = 1;
    std::int64_t batch = 1;
    std::string dtype = "fp32";
    std::string layout = "nchw";
};

// What to do about other programs.
struct MeasuringChoice {
    bool mark = false;  // measure beside them
    double canary_tolerance = 0.15;
};

struct TargetsCalibrateOptions {
    RuntimeChoice runtime;
    MeasuringChoice measuring;
    double spread = 0.15;
    std::filesystem::path out;  // empty: <target>.json
    Overwrite overwrite = Overwrite::no;
};

struct TargetsProfileOptions {
    std::string space;
    RuntimeChoice runtime;
    MeasuringChoice measuring;
    std::int64_t kernels = 500;
    std::int64_t networks = 24;
    std::int64_t passes = 3;
    std::uint64_t seed = 0;
    bool warm = false;          // weights that stay in the cache
    std::filesystem::path out;  // empty: <target>-<space>.json
    Overwrite overwrite = Overwrite::no;
};

// With a runtime of this machine, probes are measured here. Else, with a space, they are designed
// for a device elsewhere; without, what that gave is fitted, or `more` probes are designed.
struct TargetsOnboardOptions {
    std::optional<std::string> space;
    std::optional<std::string> name;
    std::string hardware;
    std::string runtime_name;
    RuntimeChoice runtime{.runtime = ""};  // empty: elsewhere
    MeasuringChoice measuring;
    std::int64_t samples = 10;
    std::optional<std::int64_t> most;  // samples, until the error is met
    std::optional<std::int64_t> more;
    std::optional<std::uint64_t> seed;
    std::filesystem::path probes;
    std::vector<std::string> known;  // the user's own predictors if empty
    bool no_known = false;
    double error = 0.1;
    std::filesystem::path out;  // empty: <target>-<space>-predictor.json
    Overwrite overwrite = Overwrite::no;
};

struct ServeOptions {
    std::string address = "127.0.0.1";
    std::int64_t port = 8080;
    double lease_seconds = 60.0;
    bool open = false;                      // nobody is asked who they are
    std::filesystem::path tls_certificate;  // empty, as the key: HTTP as it is
    std::filesystem::path tls_key;
    std::optional<std::int64_t> grpc_port;  // none: no gRPC
    std::string grpc_address = "127.0.0.1";
    bool grpc_iso_times = false;
    std::optional<double> grpc_idle_seconds;
    LogLevel log_level = LogLevel::info;
    LogFormat log_format = LogFormat::json;
};

enum class WorkerManifest { none, slurm, kubernetes };

struct WorkerOptions {
    std::string server;
    std::filesystem::path token_file;  // as in ServerOptions
    std::filesystem::path ca_file;
    std::optional<std::string> study;  // none: all
    std::int64_t slots = 1;
    std::optional<std::string> name;
    std::optional<std::string> target;
    std::filesystem::path evaluator;  // empty: the job's
    bool trust_job = false;
    std::optional<std::int64_t> max_trials;
    std::optional<std::string> idle_exit;  // "90s", "10min"
    std::optional<std::string> grace;      // as idle_exit
    Talk talk = Talk::progress;
    WorkerManifest manifest = WorkerManifest::none;  // printed, and nothing else is done
};

// Begins a search on a server.
struct SubmitOptions {
    RunOptions run;  // the job and what to change of it, its workers apart
    ServerOptions server;
    std::optional<std::string> project;
    std::int64_t workers = 0;  // threads of the server that evaluate too
    bool dry_run = false;
    bool wait = false;  // until it has ended
};

struct JobsOptions {
    std::optional<std::string> state;
    std::optional<std::string> study;
    ServerOptions server;
};

struct TopOptions {
    double every = 2.0;  // seconds
    bool once = false;
    ServerOptions server;
};

struct LogsOptions {
    std::string study;
    bool follow = false;
    std::int64_t since = 0;
    std::vector<std::string> kinds;  // all if empty
    ServerOptions server;
};

struct DoctorOptions {};

struct BenchServiceOptions {
    std::string server;
    std::string name = "bench";  // of the study that it submits
    std::int64_t workers = 64;
    std::int64_t trials = 10000;
    std::int64_t slots = 1;  // trials that a worker has at the same time, at most 64
    bool apart = false;      // results and leases in requests of their own
};

struct BenchNb201Options {
    std::filesystem::path data;
    std::int64_t seeds = 200;
    std::optional<std::int64_t> threads;  // as many as the cores if left out
};

struct BenchNb201ModelOptions {
    std::filesystem::path data;
    std::int64_t seeds = 20;
    std::uint64_t first_seed = 0;
    std::optional<std::int64_t> threads;  // as many as the cores if left out
};

struct BenchDriverOptions {
    std::filesystem::path folder = ".";
    std::int64_t trials = 10'000;
    std::int64_t rounds = 5;
};

struct BenchProxiesOptions {
    std::filesystem::path data;
    std::optional<std::filesystem::path> images;  // of `data` if left out
    std::int64_t networks = 200;
    std::int64_t batch = 64;
    std::uint64_t seed = 0;
    std::optional<std::int64_t> threads;  // as many as the cores if left out
};

struct BenchQualityOptions {
    std::filesystem::path data;
    std::vector<std::string> problems;  // all if empty
    std::vector<std::string> strategies{"auto"};
    std::int64_t seeds = 20;
    std::uint64_t first_seed = 0;
    std::optional<std::int64_t> trials;   // as many as the problem says if left out
    std::optional<std::int64_t> threads;  // as many as the cores if left out
};

struct BenchHardwareOptions {
    std::filesystem::path data;
    std::vector<std::string> tasks;  // all if empty
    std::int64_t seeds = 10;
    std::uint64_t first_seed = 0;
    std::optional<std::int64_t> threads;  // as many as the cores if left out
};

struct BenchHostOptions {
    std::vector<std::string> spaces{"cell201", "mobile"};
    std::vector<std::string> targets;  // "{runtime: libtorch, threads: 2}"; some if empty
    MeasuringChoice measuring;
    std::int64_t networks = 40;
    std::int64_t probes = 10;
    std::int64_t kernels = 500;
    std::int64_t passes = 3;
    std::uint64_t seed = 1;
};

using Command = std::variant<RunOptions,
                             ResumeOptions,
                             AuditCommandOptions,
                             StudiesOptions,
                             StatusOptions,
                             TrialsOptions,
                             PhasesOptions,
                             FrontOptions,
                             ExportOptions,
                             AnnotateOptions,
                             CloneOptions,
                             DbCheckOptions,
                             DbBackupOptions,
                             DbRestoreOptions,
                             DbMigrateOptions,
                             DbAdoptOptions,
                             DbCompactOptions,
                             OptunaImportOptions,
                             OptunaExportOptions,
                             DbStatsOptions,
                             ReportOptions,
                             ImportanceOptions,
                             CompareOptions,
                             TokensCreateOptions,
                             TokensListOptions,
                             TokensRevokeOptions,
                             WorkersListOptions,
                             WorkersDrainOptions,
                             SpacesListOptions,
                             SpacesShowOptions,
                             SpacesLintOptions,
                             SpacesSampleOptions,
                             SpacesBlocksOptions,
                             PluginListOptions,
                             PluginCheckOptions,
                             PluginNewOptions,
                             TargetsListOptions,
                             TargetsShowOptions,
                             TargetsAddOptions,
                             TargetsCalibrateOptions,
                             TargetsProfileOptions,
                             TargetsOnboardOptions,
                             ServeOptions,
                             WorkerOptions,
                             SubmitOptions,
                             JobsOptions,
                             TopOptions,
                             LogsOptions,
                             DoctorOptions,
                             BenchNb201Options,
                             BenchNb201ModelOptions,
                             BenchDriverOptions,
                             BenchProxiesOptions,
                             BenchHardwareOptions,
                             BenchHostOptions,
                             BenchQualityOptions,
                             BenchServiceOptions>;

}  // namespace parnas::cli
