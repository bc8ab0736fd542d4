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
    resume
        ->add_option("--job",
                     options->job,
                     "Job file for a study that another program made, as Optuna; may leave out "
                     "name, objectives and space")
        ->type_name("FILE");
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
    CLI::App* linted = parser.add(*spaces,
                                  "lint",
                                  "Check a space and measure a sample of it",
                                  "parnas spaces lint my-space.yaml --max parameters=1000000",
                                  lint);
    with_space(linted, lint);
    linted
        ->add_option(
            "--max",
            lint->limits,
            "Limit on a count, of which the share that meets all is shown; may be repeated")
        ->type_name("METRIC=VALUE")
        ->allow_extra_args(false);
    linted->add_option("-n,--samples", lint->samples, "Candidates to draw")->check(at_least(1));
    linted->add_option("--seed", lint->seed, "Seed of the draws")
        ->check(at_least<std::uint64_t>(0));

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
    parser.app
        .add_option("--plugins",
                    parser.global.plugins,
                    "Document of a plugin, or a folder of them; may be repeated; else "
                    "$PARNAS_PLUGINS or ~/.config/parnas/plugins")
        ->type_name("PATH")
        ->allow_extra_args(false);
    parser.app.add_flag("--ascii", parser.global.ascii, "Draw without characters beyond ASCII");
    add_run(parser);
    add_resume(parser);
    add_audit(parser);
    add_results_commands(parser);
    add_store_commands(parser);
    add_tokens_commands(parser);
    add_workers_commands(parser);
    add_analysis_commands(parser);
    add_spaces(parser);
    add_targets_commands(parser);
    add_plugin_commands(parser);
    add_service_commands(parser);
    add_client_commands(parser);
    add_worker_command(parser);
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

CLI::Option* add_preset(CLI::App& command, std::optional<std::string>& preset) {
    std::string about = "Limits by name, where no own ones are set:";
    for (const search::Preset& each : search::presets())
        about += (about.ends_with(':') ? " " : ", ") + std::string(each.name);
    return command.add_option("--preset", preset, about)->type_name("NAME");
}

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
