// SPDX-License-Identifier: Apache-2.0
#include "evaluators/command/command.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <iterator>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "core/quiet_machine.h"
#include "tests/support/catch.h"
#include "tests/support/outcomes.h"
#include "tests/support/read_file.h"
#include "tests/support/spaces.h"
#include "tests/support/temporary_folder.h"

using namespace parnas;
using namespace parnas::evaluators;
using Catch::Matchers::Contains;
using parnas::tests::FakeSpace;
using parnas::tests::metrics_of;
using parnas::tests::TemporaryFolder;

namespace fs = std::filesystem;

namespace {

const std::string kResult = R"(echo '{"metrics": {"loss": 0.5}}')";

// A shell script as a job's evaluator, in a folder of its own.
class Script {
  public:
    explicit Script(const std::string& text, const std::string& more_options = "{}") {
        // Tests do not wait for each other, nor for a real study.
        setenv("XDG_RUNTIME_DIR", folder_.path().c_str(), 1);
        folder_.write("trial.sh", text + "\n");
        Json options{{"command", {"sh", "trial.sh"}},
                     {"metrics", {"loss"}},
                     {"timeout", "60s"},
                     {"environment", {{"PARNAS_TEST_MARK", folder_.path().string()}}}};
        options.merge_patch(parse_json(more_options, "options"));
        evaluator_ = make(options);
    }

    ~Script() { unsetenv("XDG_RUNTIME_DIR"); }
    Script(const Script&) = delete;
    Script& operator=(const Script&) = delete;

    std::unique_ptr<Evaluator> make(const Json& options) const {
        Faults faults;
        ObjectReader reader(options, "/evaluator", faults);
        auto evaluator = make_command_evaluator(reader, folder_.path());
        reader.finish();
        faults.throw_if_any();
        return evaluator;
    }

    struct Setup {
        const spaces::SearchSpace& space;
        Candidate candidate;
        std::stop_token stop;
        std::function<Verdict(std::int64_t, const Metrics&)> report =
            [](std::int64_t, const Metrics&) { return Verdict::go_on; };
    };

    Outcome run(const Setup& setup) const {
        return evaluator_->evaluate(setup.candidate,
                                    {.space = setup.space,
                                     .stop = setup.stop,
                                     .threads = 3,
                                     .report = setup.report,
                                     .save_weights = [](const std::string&) {},
                                     .load = [](const ArtifactId&) { return std::string(); }});
    }

    Outcome run() const {
        const FakeSpace space = tests::small_space();
        return run({.space = space, .candidate = {.genotype = {{1, 2}}}});
    }

    const TemporaryFolder& folder() const { return folder_; }

    // The processes that have the script's environment.
    std::vector<std::string> processes() const {
        std::vector<std::string> found;
        for (const auto& entry : fs::directory_iterator("/proc"))
            if (tests::read_file(entry.path() / "environ")
                    .find("PARNAS_TEST_MARK=" + folder_.path().string()) != std::string::npos)
                found.push_back(entry.path().string());
        return found;
    }

  private:
    TemporaryFolder folder_;
    std::unique_ptr<Evaluator> evaluator_;
};

void check_nothing_is_left(const Script& script) {
    CHECK(script.processes() == std::vector<std::string>());
    CHECK(waitpid(-1, nullptr, WNOHANG) == -1);  // the supervisors are gone too
    CHECK(errno == ECHILD);
}

// The reason why the script fails, and that it fails so; it leaves nothing.
std::string failure_of(const std::string& text,
                       FailureKind kind,
                       const std::string& more_options = "{}") {
    INFO(text);
    const Script script(text, more_options);
    const Outcome outcome = script.run();
    check_nothing_is_left(script);
    REQUIRE(std::holds_alternative<Failure>(outcome));
    CHECK(to_string(std::get<Failure>(outcome).kind) == to_string(kind));
    return std::get<Failure>(outcome).reason;
}

std::string crash_of(const std::string& text) {
    return failure_of(text, FailureKind::crashed);
}

// The reason why a script that writes this line crashes.
std::string crash_after(const std::string& line) {
    return crash_of("cat <<'end'\n" + line + "\nend");
}

void wait_for(const std::function<bool()>& condition) {
    for (int i = 0; i < 6000; ++i) {
        if (condition())
            return;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    FAIL("waited for a minute");
}

// The script's process in /proc, once it is there. It is looked for no second time: while a
// shell becomes another program, its environment cannot be read.
std::string process_of(const Script& script) {
    std::vector<std::string> found;
    wait_for([&] { return !(found = script.processes()).empty(); });
    return found.front();
}

std::ptrdiff_t open_files() {
    return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
}

}  // namespace

TEST_CASE("a program is told its candidate", "[evaluators][command]") {
    const Script script("head -n 1 > request.json; " + kResult);
    const auto request = [&script] {
        return parse_json(tests::read_file(script.folder() / "request.json"), "request");
    };
    const FakeSpace mixed = tests::mixed_space();
    const Genotype genotype = spaces::normalised(mixed.params(), {{0, 0.5, 0.3, 2, 16}});
    metrics_of(script.run({.space = mixed,
                           .candidate = {.number = 7,
                                         .genotype = genotype,
                                         .stage = Stage::finalist,
                                         .fidelity = 0.25,
                                         .seed = 18446744073709551615U}}));
    // The momentum is not active.
    CHECK(request() == parse_json(R"({
        "trial": 7, "stage": "finalist", "fidelity": 0.25, "seed": 18446744073709551615,
        "threads": 3, "parameters": {"layers": 2, "lr": 0.5, "optimizer": 0, "width": 16}})",
                                  "expected"));

    const FakeSpace networks = tests::network_space();
    metrics_of(script.run({.space = networks, .candidate = {.genotype = {{1, 0, 0}}}}));
    CHECK(request().at("network").at("nodes").size() == 3);
}

TEST_CASE("a program's metrics are the measurement", "[evaluators][command]") {
    const Script script(R"(printf '\n{"metrics": {"loss": 2, "extra": -1e-3}, "cost_s": 90}')");
    const FakeSpace space = tests::small_space();
    const auto measured = std::get<Measurement>(
        script.run({.space = space, .candidate = {.genotype = {{0, 0}}, .fidelity = 0.5}}));
    CHECK(measured.metrics == Metrics{{"extra", -1e-3}, {"loss", 2.0}});
    CHECK(measured.cost == Seconds(90));
    CHECK(measured.fidelity == 0.5);
    CHECK(std::get<Measurement>(Script("sleep 0.1; " + kResult).run()).cost >= Seconds(0.1));
    check_nothing_is_left(script);
}

TEST_CASE("a program has the job's folder, environment and threads", "[evaluators][command]") {
    const Script script(
        "test -f trial.sh && echo '{\"metrics\": {\"loss\": '$LOSS', \"threads\": "
        "'$OMP_NUM_THREADS'}}'",
        R"({"environment": {"LOSS": "4"}})");
    CHECK(metrics_of(script.run()) == Metrics{{"loss", 4.0}, {"threads", 3.0}});
}

TEST_CASE("a program gets no descriptor but its three", "[evaluators][command]") {
    const int leak = open("/dev/null", O_RDONLY);  // NOLINT: does not close on exec
    const Script script("set -- $(ls /proc/self/fd); echo '{\"metrics\": {\"loss\": '$#'}}'");
    const auto before = open_files();
    // And ls its folder.
    CHECK(metrics_of(script.run())["loss"] == 4.0);
    CHECK(open_files() == before);
    close(leak);
}

TEST_CASE("reports are answered with verdicts", "[evaluators][command]") {
    const std::string loop = R"(
        read -r request
        for step in 0 1 2 3 4; do
            echo '{"step": '$step', "metrics": {"loss": 1.'$step'}}'
            read -r verdict
            test "$verdict" = '{"verdict":"stop"}' && break
        done
    )";
    const FakeSpace space = tests::small_space();
    std::vector<std::int64_t> steps;
    Script::Setup setup{.space = space, .candidate = {.genotype = {{0, 0}}}};
    setup.report = [&](std::int64_t step, const Metrics& metrics) {
        CHECK(metrics.at("loss") == 1.0 + 0.1 * static_cast<double>(step));
        steps.push_back(step);
        return step == 2 ? Verdict::stop : Verdict::go_on;
    };
    SECTION("a pruned trial has what the program says at last") {
        CHECK(metrics_of(Script(loop + kResult).run(setup)) == Metrics{{"loss", 0.5}});
        CHECK(steps == std::vector<std::int64_t>{0, 1, 2});
    }
    SECTION("or else what it reported last") {
        CHECK(metrics_of(Script(loop).run(setup)) == Metrics{{"loss", 1.2}});
    }
    SECTION("and a program that ignores the verdict is not heard on") {
        const Script script(R"(
            echo '{"step": 2, "metrics": {"loss": 1.2}}'
            echo '{"step": 3, "metrics": {"loss": 1.3}}')");
        CHECK(metrics_of(script.run(setup)) == Metrics{{"loss", 1.3}});
        CHECK(steps == std::vector<std::int64_t>{2});
    }
}

TEST_CASE("a program may say itself that it failed", "[evaluators][command]") {
    const std::string line = R"(echo '{"failure": {"kind": "out_of_memory", "reason": "big"}}')";
    CHECK(failure_of(line, FailureKind::out_of_memory) == "big");
    CHECK(failure_of(R"(echo '{"failure": {"reason": "no data"}}')", FailureKind::crashed) ==
          "no data");
    CHECK_THAT(crash_after(R"({"failure": {"kind": "cancelled", "reason": "x"}})"),
               Contains("/failure/kind"));
}

TEST_CASE("a value that is not finite is divergence", "[evaluators][command]") {
    for (const std::string value : {"NaN", "-Infinity", "\"Infinity\""})
        CHECK_THAT(
            failure_of("echo '{\"metrics\": {\"loss\": " + value + "}}'", FailureKind::diverged),
            Contains("loss is "));
    CHECK(failure_of(R"(echo '{"step": 3, "metrics": {"a \"NaN": 1, "b": NaN}}'; sleep 1000)",
                     FailureKind::diverged) == "b is nan at step 3");
}

TEST_CASE("what is no message is quoted in the reason", "[evaluators][command]") {
    CHECK_THAT(crash_after("epoch 1"),
               Contains("line 1 of its output") && Contains("epoch 1") && Contains("error output"));
    CHECK_THAT(crash_after("\n[1]"), Contains("line 2") && Contains("array"));
    CHECK_THAT(crash_after("{}"), Contains("'metrics' is missing"));
    CHECK_THAT(crash_after(R"({"metrics": 1})"), Contains("/metrics"));
    CHECK_THAT(crash_after(R"({"metrics": {"loss": true}})"), Contains("/metrics/loss"));
    CHECK_THAT(crash_after(R"({"metrics": {"los": 1}})"), Contains("lacks loss"));
    CHECK_THAT(crash_after(R"({"metrics": {"loss": 1}, "cost": 1})"), Contains("cost_s"));
    CHECK_THAT(crash_after(R"({"step": -1, "metrics": {"loss": 1}})"), Contains("/step"));
    CHECK_THAT(crash_after("\xff\xfe\x1b[2J"), !Contains("\x1b"));
    CHECK_THAT(crash_of(kResult + ";" + kResult), Contains("after its result"));
    CHECK_THAT(crash_of("echo '{\"step\": 1, \"metrics\": {}}'; echo '{\"step\": 1, \"metrics\": "
                        "{}}'"),
               Contains("step 1 after step 1"));
}

TEST_CASE("a program that dies says how and its last words", "[evaluators][command]") {
    CHECK_THAT(crash_of("echo 'no such layer' >&2; exit 3"),
               Contains("ended with exit code 3") && Contains("no such layer"));
    CHECK_THAT(crash_of("true"), Contains("exit code 0 before its result"));
    CHECK_THAT(crash_of("exec 1>&- 2>&-; sleep 0.1"), Contains("exit code 0 before its result"));
    CHECK_THAT(crash_of("kill -SEGV $$"), Contains("killed by SIGSEGV"));
    // Half a line is no message.
    CHECK_THAT(crash_of(R"(printf '{"metrics": {'; kill -KILL $$)"), Contains("line 1"));
}

TEST_CASE("a program that hangs ends at its time limit", "[evaluators][command]") {
    for (const std::string text :
         {"sleep 1000", "trap '' TERM HUP INT; while :; do sleep 0.01; done", "kill -STOP $$"})
        CHECK_THAT(failure_of(text, FailureKind::timed_out, R"({"timeout": "200ms"})"),
                   Contains("timeout of 0.2 s"));
}

TEST_CASE("a flood of output ends the program", "[evaluators][command]") {
    CHECK_THAT(crash_of("tr '\\0' x < /dev/zero"), Contains("a line of more than 1 MiB"));
    CHECK_THAT(crash_of("yes \"$(printf '%10000s' ' ')\""), Contains("more than 64 MiB"));
    const std::string words = crash_of("head -c 9999999 /dev/zero | tr '\\0' x >&2; exit 1");
    CHECK(words.size() > 2000);
    CHECK(words.size() < 2500);
}

TEST_CASE("a flood of error output harms nobody", "[evaluators][command]") {
    CHECK(metrics_of(Script("head -c 99999999 /dev/zero >&2; " + kResult).run())["loss"] == 0.5);
}

TEST_CASE("what a program leaves behind is killed", "[evaluators][command]") {
    for (const std::string text :
         {"sleep 1000 & ",                                       // keeps the pipes open
          "setsid sleep 1000 & ",                                // another session
          "setsid sh -c 'setsid sleep 1000 & sleep 1000 &' & ",  // and its parent is gone
          "trap '' TERM; (trap '' TERM; while :; do :; done) & "}) {
        INFO(text);
        const Script script(text + kResult);
        const Outcome outcome = script.run();
        check_nothing_is_left(script);
        CHECK(metrics_of(outcome)["loss"] == 0.5);
    }
}

TEST_CASE("a program dies with its supervisor", "[evaluators][command]") {
    const Script script("exec sleep 1000");
    Outcome outcome;
    std::jthread trial([&] { outcome = script.run(); });
    const std::string stat = tests::read_file(process_of(script) + "/stat");  // "42 (sh) R 41 ..."
    kill(std::stoi(stat.substr(stat.find(')') + 4)), SIGKILL);
    trial.join();
    CHECK_THAT(std::get<Failure>(outcome).reason, Contains("killed its supervisor"));
    wait_for([&] { return script.processes().empty(); });
}

TEST_CASE("a program need not read", "[evaluators][command]") {
    // Much longer than a pipe holds.
    FakeSpace::Parts parts;
    Candidate candidate;
    for (int i = 0; i < 20000; ++i) {
        parts.params.push_back(tests::categorical("parameter" + std::to_string(i), 2));
        candidate.genotype.values.emplace_back(std::int64_t{1});
    }
    const FakeSpace space(std::move(parts));
    const auto run = [&](const std::string& text) {
        return metrics_of(Script(text).run({.space = space, .candidate = candidate}))["loss"];
    };
    CHECK(run(kResult) == 0.5);
    CHECK(run("exec 0<&-; echo '{\"step\": 1, \"metrics\": {}}'; sleep 0.1; " + kResult) == 0.5);
    CHECK(run("n=$(head -n 1 | wc -c); test $n -gt 300000 && " + kResult) == 0.5);
}

TEST_CASE("a cancelled program ends", "[evaluators][command]") {
    for (const std::string text : {"sleep 1000",
                                   "trap '' TERM; echo > here; while :; do :; done",
                                   "echo '{\"step\": 0, \"metrics\": {}}'; sleep 1000"}) {
        INFO(text);
        const Script script(text);
        const FakeSpace space = tests::small_space();
        std::stop_source source;
        std::jthread stopper([&] {
            wait_for([&] { return !script.processes().empty(); });
            source.request_stop();
        });
        const Outcome outcome = script.run(
            {.space = space, .candidate = {.genotype = {{0, 0}}}, .stop = source.get_token()});
        stopper.join();
        REQUIRE(std::holds_alternative<Failure>(outcome));
        CHECK(std::get<Failure>(outcome).kind == FailureKind::cancelled);
        check_nothing_is_left(script);
    }
}

TEST_CASE("a program stands still while a latency is measured", "[evaluators][command]") {
    const Script script("while ! test -f go; do :; done; " + kResult);
    Outcome outcome;
    std::jthread trial([&] { outcome = script.run(); });
    const auto state = [process = process_of(script)] {
        const std::string text = tests::read_file(process + "/stat");  // "42 (sh) R ..."
        return text.substr(text.find(')') + 2, 1);
    };
    {
        const Quiet quiet;
        wait_for([&] { return state() == "T"; });
    }
    wait_for([&] { return state() == "R"; });
    script.folder().write("go", "");
    trial.join();
    CHECK(metrics_of(outcome)["loss"] == 0.5);
}

TEST_CASE("programs run side by side", "[evaluators][command]") {
    const Script echo(R"(read -r request
        number=${request#*trial\":}
        echo '{"metrics": {"loss": '${number%%,*}'}}'
        sleep 1000 &)");
    const FakeSpace space = tests::small_space();
    const auto before = open_files();
    std::atomic<int> right = 0;
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 4; ++thread)
            threads.emplace_back([&, thread] {
                for (int i = 0; i < 10; ++i) {
                    const int number = 10 * thread + i;
                    const Outcome outcome = echo.run(
                        {.space = space, .candidate = {.number = number, .genotype = {{0, 0}}}});
                    const auto* measured = std::get_if<Measurement>(&outcome);
                    right += measured != nullptr && measured->metrics.at("loss") == number;
                }
            });
    }
    CHECK(right == 40);
    CHECK(open_files() == before);
    check_nothing_is_left(echo);
}

TEST_CASE("a program that cannot be run is an error", "[evaluators][command]") {
    const Script script("");
    const Json options{{"metrics", {"loss"}}};
    const auto with = [&](const Json& command) {
        Json all = options;
        all["command"] = command;
        return script.make(all);
    };
    CHECK_THROWS_WITH(with({"no-such-program"}),
                      Contains("/evaluator/command/0") && Contains("no-such-program' in PATH"));
    CHECK_THROWS_WITH(with({"./trial.py"}), Contains("there is no program"));
    CHECK_THROWS_WITH(with({"./trial.sh"}), Contains("is not executable"));
    CHECK_THROWS_WITH(with("sh trial.sh"), Contains("expected a list"));
    CHECK_THROWS_WITH(script.make({{"command", {1}},
                                   {"metrics", Json::array()},
                                   {"timeout", "soon"},
                                   {"environment", {{"A", 1}, {"B=C", "x"}}},
                                   {"files", {"nowhere"}},
                                   {"cwd", "."}}),
                      Contains("/command/0") && Contains("/metrics") && Contains("/timeout") &&
                          Contains("/environment/A") && Contains("/environment/B=C") &&
                          Contains("/files/0") && Contains("/cwd"));

    // It went after it was looked for; or is no program.
    for (const std::string content : {"", "neither ELF nor a script"}) {
        const fs::path path = script.folder().write("program", content);
        fs::permissions(path, fs::perms::owner_all);
        const auto evaluator = with({"./program"});
        if (content.empty())
            fs::remove(path);
        const FakeSpace space = tests::small_space();
        const Candidate candidate{.genotype = {{0, 0}}};
        CHECK_THROWS_WITH(evaluator->evaluate(candidate, {.space = space}),
                          Contains("cannot run the program"));
        check_nothing_is_left(script);
    }
}

TEST_CASE("an edited script has another fingerprint", "[evaluators][command]") {
    const Script script("one");
    script.folder().write("data.csv", "1");
    const Json options{
        {"command", {"sh", "trial.sh", "--fast"}}, {"metrics", {"loss"}}, {"files", {"data.csv"}}};
    const auto fingerprint = [&](const Json& patch) {
        Json patched = options;
        patched.merge_patch(patch);
        return script.make(patched)->fingerprint();
    };
    const std::string before = fingerprint(Json::object());
    CHECK(fingerprint({{"timeout", 5}}) == before);
    CHECK(fingerprint({{"command", {"sh", "trial.sh"}}}) != before);
    CHECK(fingerprint({{"metrics", {"loss", "size"}}}) != before);
    CHECK(fingerprint({{"environment", {{"A", "1"}}}}) != before);
    script.folder().write("trial.sh", "two");
    const std::string edited = fingerprint(Json::object());
    CHECK(edited != before);
    script.folder().write("data.csv", "2");
    CHECK(fingerprint(Json::object()) != edited);
}
