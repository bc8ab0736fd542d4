// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.h"

#include "core/error.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::cli;

namespace {

template <typename Options>
Options parsed(const std::vector<std::string>& arguments) {
    return std::get<Options>(std::get<Invocation>(parse_arguments(arguments)).command);
}

std::string refusal(const std::vector<std::string>& arguments) {
    try {
        parse_arguments(arguments);
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::invalid_input);
        return error.what();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("run takes a job and what to change of it", "[cli][arguments]") {
    const auto run = parsed<RunOptions>({"run",
                                         "--set",
                                         "a.b=1",
                                         "job.yaml",
                                         "--set",
                                         "c=2",
                                         "--trials",
                                         "7",
                                         "--seed",
                                         "3",
                                         "--quiet"});
    CHECK(run.job == "job.yaml");
    CHECK(run.set == std::vector<std::string>{"a.b=1", "c=2"});
    CHECK(run.trials == 7);
    CHECK(run.seed == 3U);
    CHECK_FALSE(run.workers);
    CHECK(run.talk == Talk::quiet);
}

TEST_CASE("a server is asked by the commands that look at studies, and by submit",
          "[cli][arguments]") {
    const std::vector<std::string> server{"--server", "http://lab:8080", "--token-file", "t"};
    const auto with_server = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), server.begin(), server.end());
        return arguments;
    };
    const auto names_server = [](const ServerOptions& options) {
        CHECK(options.server == "http://lab:8080");
        CHECK(options.token_file == "t");
    };
    names_server(parsed<StudiesOptions>(with_server({"studies"})).server);
    names_server(parsed<TrialsOptions>(with_server({"trials", "a"})).server);
    names_server(parsed<FrontOptions>(with_server({"front", "a"})).server);
    names_server(parsed<ExportOptions>(with_server({"export", "a"})).server);
    const auto submit =
        parsed<SubmitOptions>(with_server({"submit", "job.yaml", "--name", "b", "--quiet"}));
    names_server(submit.server);
    CHECK(submit.run.job == "job.yaml");
    CHECK(submit.run.name == "b");
    CHECK(submit.run.talk == Talk::quiet);
    CHECK_FALSE(refusal({"submit", "job.yaml", "--wait", "--dry-run"}) == "accepted");
    const auto logs = parsed<LogsOptions>({"logs", "-f", "a", "--kind", "x,y", "--since", "3"});
    CHECK(logs.follow);
    CHECK(logs.kinds == std::vector<std::string>{"x", "y"});
    CHECK(logs.since == 3);
}

TEST_CASE("general options stand before or after the command", "[cli][arguments]") {
    for (const auto& arguments : {std::vector<std::string>{"--output", "json", "spaces", "list"},
                                  std::vector<std::string>{"spaces", "list", "--output", "json"}})
        CHECK(std::get<Invocation>(parse_arguments(arguments)).global.output == OutputFormat::json);
    CHECK(requested_output({"bogus", "--output=json"}) == OutputFormat::json);
    CHECK(requested_output({"bogus", "--output", "csv"}) == OutputFormat::table);
}

TEST_CASE("plugins are made, checked and named", "[cli][arguments]") {
    const auto made =
        parsed<PluginNewOptions>({"plugin", "new", "space", "mine", "--language", "cpp"});
    CHECK(made.role == "space");
    CHECK(made.language == "cpp");
    CHECK_THAT(refusal({"plugin", "new", "thing", "mine"}), Catch::Matchers::Contains("thing"));
    CHECK(parsed<PluginCheckOptions>({"plugin", "check", "mine", "--plugins", "a"}).plugin ==
          "mine");
    CHECK(
        parsed<SpacesLintOptions>({"spaces", "lint", "s", "--max", "parameters=9"}).limits.size() ==
        1);
}

TEST_CASE("targets are shown and added by name or file", "[cli][arguments]") {
    CHECK(parsed<TargetsShowOptions>({"targets", "show", "nvidia-t4", "--document"}).document);
    const auto add = parsed<TargetsAddOptions>({"targets", "add", "mine.yaml", "--force"});
    CHECK(add.file == "mine.yaml");
    CHECK(add.overwrite == Overwrite::yes);
    CHECK_THAT(refusal({"targets", "lst"}), Catch::Matchers::Contains("did you mean 'list'"));
}

TEST_CASE("a token is made with scopes and limits", "[cli][arguments]") {
    const auto create = parsed<TokensCreateOptions>({"tokens",
                                                     "create",
                                                     "--scope",
                                                     "read",
                                                     "guest",
                                                     "--scope",
                                                     "work",
                                                     "--project",
                                                     "vision",
                                                     "--study",
                                                     "digits",
                                                     "--expires-in",
                                                     "90d",
                                                     "--secret-file",
                                                     "guest.token"});
    CHECK(create.name == "guest");
    CHECK(create.scopes == std::vector<std::string>{"read", "work"});
    CHECK(create.projects == std::vector<std::string>{"vision"});
    CHECK(create.study == "digits");
    CHECK(create.expires_in == "90d");
    CHECK(create.secret_file == "guest.token");
    CHECK(create.overwrite == Overwrite::no);
    CHECK(parsed<TokensRevokeOptions>({"tokens", "revoke", "guest"}).token == "guest");
    CHECK_THAT(refusal({"tokens", "create", "guest"}), Catch::Contains("--scope is required"));
    CHECK_THAT(refusal({"tokens", "create", "guest", "--scope", "write"}),
               Catch::Contains("write"));
}

TEST_CASE("workers are drained, and taken back", "[cli][arguments]") {
    CHECK(parsed<WorkersListOptions>({"workers", "list", "--state", "lost"}).state == "lost");
    const auto drain = parsed<WorkersDrainOptions>({"workers", "drain", "gpu-3", "--server", "u"});
    CHECK(drain.worker == "gpu-3");
    CHECK(drain.drain);
    CHECK(drain.server.server == "u");
    CHECK_FALSE(parsed<WorkersDrainOptions>({"workers", "undrain", "gpu-3"}).drain);
    CHECK_THAT(refusal({"workers", "list", "--state", "idle"}), Catch::Contains("idle"));
}

TEST_CASE("a target is onboarded elsewhere or here", "[cli][arguments]") {
    const auto elsewhere = parsed<TargetsOnboardOptions>(
        {"targets", "onboard", "--space", "mobile", "--name", "phone", "--probes", "phone"});
    CHECK(elsewhere.runtime.runtime.empty());
    CHECK(elsewhere.samples == 10);
    CHECK(elsewhere.error == 0.1);
    CHECK_FALSE(elsewhere.seed);
    const auto here = parsed<TargetsOnboardOptions>(
        {"targets", "onboard", "--space", "mobile", "--runtime", "libtorch", "--most", "30"});
    CHECK(here.runtime.runtime == "libtorch");
    CHECK(here.most == 30);
    const auto fit = parsed<TargetsOnboardOptions>(
        {"targets", "onboard", "--probes", "phone", "--known", "a", "--known", "b.json"});
    CHECK(fit.known == std::vector<std::string>{"a", "b.json"});
    CHECK_THAT(refusal({"targets", "onboard", "--probes", "p", "--most", "30"}),
               Catch::Contains("--most requires --runtime"));
    CHECK_THAT(refusal({"targets", "onboard", "--probes", "p", "--more", "3", "-o", "f"}),
               Catch::Contains("--more"));
}

TEST_CASE("what is unknown is refused with the nearest thing that exists", "[cli][arguments]") {
    CHECK(refusal({"rnu"}) == "rnu: there is no such command; did you mean 'run'?");
    CHECK(refusal({"run", "job.yaml", "--trails", "7"}) ==
          "--trails: there is no such option; did you mean '--trials'?");
    CHECK(refusal({"spaces", "lst"}) == "lst: there is no such command; did you mean 'list'?");
    CHECK(refusal({"front", "a", "b"}) == "b: this argument is one too many");
    CHECK(refusal({"trials"}).starts_with("study is required"));
    CHECK(refusal({"run", "job.yaml", "--trials", "many"}).find("--trials") != std::string::npos);
    CHECK_THAT(refusal({"spaces", "show"}), Catch::EndsWith("; see `parnas spaces show --help`"));
    CHECK_THAT(refusal({"run", "job.yaml", "--seed", "-1"}), Catch::Contains("got '-1'"));
    CHECK_THAT(refusal({}), Catch::EndsWith("; see `parnas --help`"));
    CHECK(refusal({"studies", "--output", "xml"}).find("--output") != std::string::npos);
}

TEST_CASE("every command explains itself with an example", "[cli][arguments]") {
    for (const std::vector<std::string>& command : {std::vector<std::string>{"run"},
                                                    {"resume"},
                                                    {"status"},
                                                    {"studies"},
                                                    {"trials"},
                                                    {"front"},
                                                    {"export"},
                                                    {"spaces", "list"},
                                                    {"spaces", "show"},
                                                    {"spaces", "lint"},
                                                    {"spaces", "sample"},
                                                    {"spaces", "blocks"},
                                                    {"report"},
                                                    {"annotate"},
                                                    {"clone"},
                                                    {"db", "check"},
                                                    {"db", "compact"},
                                                    {"submit"},
                                                    {"jobs"},
                                                    {"top"},
                                                    {"logs"},
                                                    {"tokens", "create"},
                                                    {"tokens", "list"},
                                                    {"tokens", "revoke"},
                                                    {"workers", "list"},
                                                    {"workers", "drain"},
                                                    {"workers", "undrain"},
                                                    {"bench", "nb201"},
                                                    {"bench", "nb201-model"},
                                                    {"bench", "hardware"},
                                                    {"bench", "proxies"},
                                                    {"bench", "quality"},
                                                    {"doctor"}}) {
        std::vector<std::string> arguments = command;
        arguments.emplace_back("--help");
        const auto answer = std::get<Answer>(parse_arguments(arguments));
        INFO(answer.text);
        std::string whole = "parnas";
        for (const std::string& word : command)
            whole += ' ' + word;
        CHECK(answer.text.find("Usage: " + whole) != std::string::npos);
        CHECK(answer.text.find("Example:\n  parnas " + command.front()) != std::string::npos);
    }
}
