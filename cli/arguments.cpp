// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.h"

#include <algorithm>
#include <array>
#include <memory>

#include <fmt/format.h>

#include "cli/parser.h"
#include "core/error.h"
#include "core/object_reader.h"
#include "search/presets.h"

namespace parnas::cli {
namespace {

constexpr std::array<std::pair<const char*, OutputFormat>, 3> kOutputs{{
    {"table", OutputFormat::table},
    {"json", OutputFormat::json},
    {"csv", OutputFormat::csv},
}};

CLI::Option* add_preset(CLI::App& command, std::optional<std::string>& preset) {
    std::string about = "Limits by name, where no own ones are set:";
    for (const search::Preset& each : search::presets())
        about += (about.ends_with(':') ? " " : ", ") + std::string(each.name);
    return command.add_option("--preset", preset, about)->type_name("NAME");
}

void add_no_audit(CLI::App& command, bool& audit) {
    command.add_flag_callback(
        "--no-audit",
        [&audit] { audit = false; },
        "End with the search: do not check what shared weights can be trusted with");
}

void add_quiet(CLI::App& command, Talk& talk) {
    command.add_flag_callback(
        "--quiet", [&talk] { talk = Talk::quiet; }, "Show no progress");
}

void add_comparable(CLI::App& command, Detail& detail) {
    command.add_flag_callback(
        "--comparable",
        [&detail] { detail = Detail::comparable; },
        "Leave out what differs between two runs of one job: times, durations, attempts");
}

void add_run(Parser& parser) {
    const auto options = std::make_shared<RunOptions>();
    CLI::App* run = parser.add(parser.app,
                               "run",
                               "Create the study of a job file and search",
                               "parnas run job.yaml --set strategy.population=40 --trials 200",
                               options);
    run->add_option("job", options->job, "Job file")->required()->type_name("FILE");
    run->add_option("--set", options->set, "Change a value of the job; may be repeated")
        ->type_name("KEY.PATH=VALUE")
        ->allow_extra_args(false);
    run->add_option("--name", options->name, "Name of the study instead of the job's");
    add_preset(*run, options->preset);
    run->add_option("--workers", options->workers, "Evaluations at the same time");
    run->add_option("--trials", options->trials, "Budget in trials instead of the job's");
    run->add_option("--seed", options->seed, "Seed instead of the job's")
        ->check(at_least<std::uint64_t>(0));
    add_no_audit(*run, options->audit);
    add_quiet(*run, options->talk);
}

void add_resume(Parser& parser) {
    const auto options = std::make_shared<ResumeOptions>();
    CLI::App* resume = parser.add(parser.app,
                                  "resume",
                                  "Go on with a study, also with a larger budget",
                                  "parnas resume my-search --trials 500",
                                  options);
    resume->add_option("study", options->study, "Name of the study")
        ->required()
        ->type_name("STUDY");
    resume->add_option("--workers", options->workers, "Evaluations at the same time");
    resume->add_option("--trials", options->trials, "New budget in trials, earlier ones included");
    resume->add_option("--wall-time", options->wall_time, "New budget in time: 90s, 30min, 2h")
        ->type_name("TIME");
    add_no_audit(*resume, options->audit);
    add_quiet(*resume, options->talk);
}

void add_audit(Parser& parser) {
    const auto options = std::make_shared<AuditCommandOptions>();
    CLI::App* audit =
        parser.add(parser.app,
                   "audit",
                   "Check how far a weight-sharing study can be trusted: its ranking against "
                   "networks trained alone, and its front against random and local search at "
                   "equal cost",
                   "parnas audit my-search --networks 30 --ceiling",
                   options);
    audit->add_option("study", options->study, "Name of the study")->required()->type_name("STUDY");
    audit
        ->add_option("--networks",
                     options->networks,
                     "Networks that are trained alone to compare rankings, at least 2")
        ->check(at_least(2));
    audit
        ->add_option("--baselines",
                     options->baselines,
                     "Searches at equal cost: random, all (also local search) or none")
        ->check(CLI::IsMember({"none", "random", "all"}));
    audit->add_flag("--ceiling",
                    options->ceiling,
                    "Train each network twice: what ranking could be reached at most");
    audit->add_option("--workers", options->workers, "Evaluations at the same time");
    add_quiet(*audit, options->talk);
}

void add_listings(Parser& parser) {
    const auto studies = std::make_shared<StudiesOptions>();
    parser
        .add(parser.app,
             "studies",
             "List the studies of a store",
             "parnas studies --store lab.db --tag paper",
             studies)
        ->add_option("--tag", studies->tag, "Only those with this tag")
        ->type_name("TAG");

    const auto status = std::make_shared<StatusOptions>();
    parser.add(parser.app, "status", "Show how far a study is", "parnas status my-search", status)
        ->add_option(
            "study", status->study, "Name of the study; the latest one, audits aside, if left out")
        ->type_name("STUDY");

    const auto trials = std::make_shared<TrialsOptions>();
    CLI::App* list =
        parser.add(parser.app,
                   "trials",
                   "List the trials of a study",
                   "parnas trials my-search --state complete --sort latency_ms --limit 10",
                   trials);
    list->add_option("study", trials->study, "Name of the study")->required()->type_name("STUDY");
    list->add_option("--state",
                     trials->states,
                     "waiting, running, complete, pruned or fail; may be repeated")
        ->type_name("STATE")
        ->allow_extra_args(false)
        ->delimiter(',');
    list->add_option("--sort", trials->sort, "Best first by this metric")->type_name("METRIC");
    list->add_option("--tag", trials->tag, "Only those with this tag")->type_name("TAG");
    list->add_option("--limit", trials->limit, "Show this many")->check(at_least(0));
    add_comparable(*list, trials->detail);

    const auto phases = std::make_shared<PhasesOptions>();
    CLI::App* done = parser.add(parser.app,
                                "phases",
                                "List what a weight-sharing search did besides its trials",
                                "parnas phases my-search --output json",
                                phases);
    done->add_option("study", phases->study, "Name of the study")->required()->type_name("STUDY");
    add_comparable(*done, phases->detail);

    const auto front = std::make_shared<FrontOptions>();
    CLI::App* show = parser.add(parser.app,
                                "front",
                                "Show the trials that no other one dominates",
                                "parnas front my-search --at 3",
                                front);
    show->add_option("study", front->study, "Name of the study")->required()->type_name("STUDY");
    show->add_option("--at", front->version, "An earlier version of the front, from 1")
        ->type_name("VERSION");
}

void add_export(Parser& parser) {
    const auto options = std::make_shared<ExportOptions>();
    CLI::App* added =
        parser.add(parser.app,
                   "export",
                   "Write the best network within limits to a file",
                   "parnas export my-search --max latency_ms=8 --format torchscript --out net.pt",
                   options);
    added->add_option("study", options->study, "Name of the study")->required()->type_name("STUDY");
    CLI::Option* trial =
        added->add_option("--trial", options->trial, "This trial")->type_name("NUMBER");
    added->add_option("--max", options->limits, "Limit of a metric; may be repeated")
        ->type_name("METRIC=VALUE")
        ->allow_extra_args(false)
        ->excludes(trial);
    add_preset(*added, options->preset)->excludes(trial);
    added
        ->add_option("--confidence",
                     options->confidence,
                     "Probability that the latency is within its limit, 0.5 to 0.9999")
        ->type_name("PROBABILITY")
        ->check(CLI::Range(0.5, 0.9999))
        ->excludes(trial);
    added
        ->add_option("--target",
                     options->target,
                     "Choose for this target instead of the study's: its name or file")
        ->type_name("TARGET")
        ->excludes(trial);
    added->add_option("--format", options->format, "json, dot, csv, torchscript or onnx")
        ->type_name("FORMAT");
    added->add_option("--out", options->out, "File; STUDY-TRIAL.FORMAT if left out")
        ->type_name("FILE");
    add_force(*added, options->overwrite);
    added->add_flag("--fold-batch-norm",
                    options->fold_batch_norm,
                    "onnx: batch norms become part of the convolutions before them");
    added->add_option("--opset", options->opset, "onnx: operator set; the oldest that suits")
        ->type_name("13..17");
    added->add_option("--batch", options->batch, "onnx: size of the batch; any if left out")
        ->type_name("SAMPLES")
        ->check(CLI::PositiveNumber);
    added
        ->add_option("--random-weights",
                     options->random_weights,
                     "onnx: weights drawn from this seed instead of trained ones")
        ->type_name("SEED");
}

void add_report(Parser& parser) {
    const auto options = std::make_shared<ReportOptions>();
    CLI::App* added = parser.add(parser.app,
                                 "report",
                                 "Write a study as one HTML file that needs no server",
                                 "parnas report my-search -o my-search.html",
                                 options);
    added->add_option("study", options->study, "Name of the study")->required()->type_name("STUDY");
    added->add_option("-o,--out", options->out, "File; STUDY.html if left out")->type_name("FILE");
    add_force(*added, options->overwrite);
}

void add_spaces(Parser& parser) {
    CLI::App* spaces = parser.app.add_subcommand("spaces", "Look at search spaces");
    spaces->footer("Example:\n  parnas spaces show cell201");
    spaces->fallthrough();
    spaces->require_subcommand(1);

    parser.add(*spaces,
               "list",
               "List the built-in spaces",
               "parnas spaces list",
               std::make_shared<SpacesListOptions>());
    parser.add(*spaces,
               "blocks",
               "List the layers that a space document may use",
               "parnas spaces blocks",
               std::make_shared<SpacesBlocksOptions>());

    const auto with_space = [](CLI::App* added, auto& options) {
        added->add_option("space", options->space, "Name or file of the space")
            ->required()
            ->type_name("SPACE");
        added->add_option("--with", options->arguments, "Argument of the space; may be repeated")
            ->type_name("KEY=VALUE")
            ->allow_extra_args(false);
    };
    const auto show = std::make_shared<SpacesShowOptions>();
    CLI::App* shown = parser.add(*spaces,
                                 "show",
                                 "Show a space's parameters and size",
                                 "parnas spaces show cell201 --with classes=100",
                                 show);
    with_space(shown, show);
    shown->add_flag("--document", show->document, "Print the document of a built-in space");

    const auto lint = std::make_shared<SpacesLintOptions>();
    with_space(parser.add(*spaces,
                          "lint",
                          "Check a space and measure a sample of it",
                          "parnas spaces lint my-space.yaml",
                          lint),
               lint);

    const auto sample = std::make_shared<SpacesSampleOptions>();
    CLI::App* sampled = parser.add(*spaces,
                                   "sample",
                                   "Draw random candidates of a space",
                                   "parnas spaces sample mobile -n 3 --seed 7",
                                   sample);
    with_space(sampled, sample);
    sampled->add_option("-n,--count", sample->count, "How many")->check(at_least(0));
    sampled->add_option("--seed", sample->seed, "Seed of the draws")
        ->check(at_least<std::uint64_t>(0));
}

void fill(Parser& parser) {
    parser.app.require_subcommand(1);
    parser.app.set_version_flag("--version", "parnas " PARNAS_VERSION);
    parser.app.footer(
        "Example:\n  parnas run job.yaml && parnas front my-search\n\n"
        "`parnas COMMAND --help` shows a command's options.");
    parser.app
        .add_option("--store",
                    parser.global.store,
                    "File of the store; the job's, $PARNAS_STORE or parnas.db if left out")
        ->type_name("FILE");
    parser.app.add_option("--output", parser.output, "table, json or csv")
        ->type_name("FORMAT")
        ->check(CLI::IsMember({"table", "json", "csv"}));
    parser.app.add_flag("--ascii", parser.global.ascii, "Draw without characters beyond ASCII");
    add_run(parser);
    add_resume(parser);
    add_audit(parser);
    add_listings(parser);
    add_export(parser);
    add_store_commands(parser);
    add_report(parser);
    add_analysis_commands(parser);
    add_spaces(parser);
    add_targets_commands(parser);
    add_bench_commands(parser);
    parser.add(parser.app,
               "doctor",
               "Check this installation and machine",
               "parnas doctor",
               std::make_shared<DoctorOptions>());
}

std::vector<std::string> command_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* each : app.get_subcommands([](const CLI::App*) { return true; }))
        names.push_back(each->get_name());
    return names;
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words)
        text += (text.empty() ? "" : ", ") + word;
    return text;
}

std::string hint(const std::string& word, const std::vector<std::string>& known) {
    const std::string near = nearest(word, known);
    return near.empty() ? "; known are: " + joined(known) : "; did you mean '" + near + "'?";
}

// The command that the arguments have reached, and what of them is not its own.
struct Unexpected {
    const CLI::App* app;
    std::string word;
};

// Says of what CLI11 calls "not expected" what it is and what it may have been meant to be.
Error explain(const Unexpected& unexpected) {
    const auto& [app, word] = unexpected;
    if (word.starts_with('-')) {
        std::vector<std::string> known;
        for (const CLI::App* each = app; each != nullptr; each = each->get_parent())
            for (const CLI::Option* option : each->get_options())
                for (const std::string& name : option->get_lnames())
                    if (name != "help")
                        known.push_back("--" + name);
        const std::string name = word.substr(0, word.find('='));
        return {ErrorKind::invalid_input, "there is no such option" + hint(name, known), name};
    }
    if (const std::vector<std::string> known = command_names(*app); !known.empty())
        return {ErrorKind::invalid_input, "there is no such command" + hint(word, known), word};
    return {ErrorKind::invalid_input, "this argument is one too many", word};
}

const CLI::App* reached(const CLI::App& app) {
    const CLI::App* deepest = &app;
    while (!deepest->get_subcommands().empty())
        deepest = deepest->get_subcommands().back();
    return deepest;
}

// "parnas spaces" for the command `show`.
std::string parents(const CLI::App& app) {
    const CLI::App* parent = app.get_parent();
    if (parent == nullptr)
        return "";
    const std::string before = parents(*parent);
    return before.empty() ? parent->get_name() : before + ' ' + parent->get_name();
}

// "parnas spaces show --help"
std::string help_command(const CLI::App& app) {
    const std::string before = parents(app);
    return (before.empty() ? "" : before + ' ') + app.get_name() + " --help";
}

}  // namespace

std::variant<Invocation, Answer> parse_arguments(const std::vector<std::string>& arguments) {
    Parser parser;
    fill(parser);
    try {
        // CLI11 takes them from the back.
        parser.app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    } catch (const CLI::CallForHelp&) {
        return Answer{reached(parser.app)->help(parents(*reached(parser.app)))};
    } catch (const CLI::CallForVersion& version) {
        return Answer{std::string(version.what()) + '\n'};
    } catch (const CLI::ExtrasError&) {
        throw explain({reached(parser.app), parser.app.remaining(true).front()});
    } catch (const CLI::ParseError& error) {
        const std::vector<std::string> left = parser.app.remaining(true);
        if (!left.empty())
            throw explain({reached(parser.app), left.front()});
        throw Error(ErrorKind::invalid_input,
                    fmt::format("{}; see `{}`", error.what(), help_command(*reached(parser.app))));
    }
    parser.global.output = std::ranges::find(kOutputs, parser.output, [](const auto& entry) {
                               return entry.first;
                           })->second;
    return Invocation{.global = parser.global, .command = *parser.command};
}

OutputFormat requested_output(const std::vector<std::string>& arguments) {
    for (std::size_t i = 0; i < arguments.size(); ++i)
        if (arguments[i] == "--output=json" ||
            (arguments[i] == "--output" && i + 1 < arguments.size() && arguments[i + 1] == "json"))
            return OutputFormat::json;
    return OutputFormat::table;
}

}  // namespace parnas::cli
