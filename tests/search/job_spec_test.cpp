// SPDX-License-Identifier: Apache-2.0
#include "search/job_spec.h"

#include <algorithm>
#include <fstream>

#include <nlohmann/json.hpp>

#include "core/document.h"
#include "tests/support/catch.h"
#include "tests/support/repository.h"

namespace parnas::search {
namespace {

constexpr int kCores = 8;

constexpr const char* kFullJob = R"(
name: tiny
space: {file: space.yaml, with: {width: 32}}
objectives: {accuracy: maximize, latency_ms: minimize}
limits: {latency_ms: 2.5, parameters: 200000}
confidence: 0.9
hypervolume_reference: {accuracy: 0, latency_ms: 10}
evaluator: {type: synthetic}
target: {model: roofline, profile: raspberry-pi-5}
strategy: {type: nsga2, population: 16}
pruner: {type: median, startup_trials: 3}
budget: {trials: 60, wall_time: 10min, cost: 1.5h}
lease: {ttl: 90s, progress_deadline: 20min}
retry: {max_attempts: 5}
workers: 2
threads: 2
phase_threads: 3
lag: 6
reuse: none
keep_weights: all
seed: 3
finalists: {count: 2}
store: out.db
)";

JobSpec read(std::string_view text, Faults& faults) {
    return read_job(Document::parse(text, "job.yaml").root(), "/jobs", kCores, faults);
}

JobSpec read(std::string_view text) {
    Faults faults;
    JobSpec job = read(text, faults);
    faults.throw_if_any();
    return job;
}

// The one fault of kFullJob with `path` set to `text`.
Fault fault_of(std::string_view path, std::string_view text) {
    Json json = Document::parse(kFullJob, "job.yaml").root();
    set_value(json, path, text);
    Faults faults;
    read_job(json, "/jobs", kCores, faults);
    INFO(path << " = " << text);
    REQUIRE(faults.list().size() == 1);
    return faults.list()[0];
}

}  // namespace

TEST_CASE("a job document says everything that a job holds", "[search][job_spec]") {
    const JobSpec job = read(kFullJob);
    CHECK(job.name == "tiny");
    CHECK(job.base == "/jobs");
    CHECK(job.space == R"({"file":"space.yaml","with":{"width":32}})");
    CHECK(job.objectives ==
          std::vector<Objective>{{"accuracy", Direction::maximize}, {"latency_ms"}});
    CHECK(job.limits == Limits{{"latency_ms", 2.5}, {"parameters", 200000}});
    CHECK(job.confidence == 0.9);
    CHECK(job.hypervolume_reference == std::vector<double>{0, 10});
    CHECK(job.strategy == R"({"type":"nsga2","population":16})");
    CHECK(job.pruner == R"({"type":"median","startup_trials":3})");
    CHECK(job.budget.trials == 60);
    CHECK(job.budget.wall_time == Seconds(600));
    CHECK(job.budget.cost == Seconds(5400));
    CHECK(job.lag == 6);
    CHECK(job.reuse == Reuse::none);
    CHECK(job.keep_weights == KeepWeights::all);
    CHECK(job.finalists == 2);
    CHECK(job.store == "/jobs/out.db");
    CHECK(worker_count(job, kCores) == 2);
}

TEST_CASE("a short job has defaults that do not depend on the machine", "[search][job_spec]") {
    const JobSpec job = read(
        "{name: a, space: cell201, objectives: [{metric: loss, direction: minimize}], "
        "evaluator: {type: t}, budget: {trials: 1}, lag: none}");
    CHECK(job.objectives == std::vector<Objective>{{"loss", Direction::minimize}});
    CHECK_FALSE(job.lag.has_value());
    CHECK(job.threads == 1);
    CHECK(job.seed == 0);
    CHECK(job.finalists == 0);
    CHECK(job.keep_weights == KeepWeights::front);
    CHECK_FALSE(job.strategy.has_value());
    CHECK_FALSE(job.pruner.has_value());
    CHECK_FALSE(job.reuse.has_value());
    CHECK(worker_count(job, 6) == 6);
    CHECK(worker_count(JobSpec{.threads = 4}, 6) == 1);
    CHECK(worker_count(JobSpec{}, 64) == 4);  // the lag
    CHECK(phase_thread_count(JobSpec{.threads = 3}, 2) == 6);
    CHECK(phase_thread_count(JobSpec{.phase_threads = 1}, 2) == 1);
}

TEST_CASE("a job survives the way into the store and back", "[search][job_spec]") {
    const std::string text = to_job_document(read(kFullJob));
    Faults faults;
    const JobSpec again = read_job(parse_json(text, "store"), "/elsewhere", kCores, faults);
    CHECK(faults.empty());
    CHECK(again.base == "/jobs");
    CHECK(again.store == "/jobs/out.db");
    CHECK(to_job_document(again) == text);
}

TEST_CASE("all faults of a job are found at once, each with its place", "[search][job_spec]") {
    Faults faults;
    read("{objectives: {loss: down}, evaluator: {type: t}, budgt: {trials: 1}, seed: -1}", faults);
    std::vector<std::string> places;
    std::string messages;
    for (const Fault& fault : faults.list()) {
        places.push_back(fault.where);
        messages += fault.message + '\n';
    }
    std::ranges::sort(places);
    CHECK(places == std::vector<std::string>{"", "", "", "/budgt", "/objectives/loss", "/seed"});
    for (const char* missing : {"name", "space", "budget"})
        CHECK_THAT(messages, Catch::Contains(missing));
}

TEST_CASE("finalists start from scratch unless the job says otherwise", "[search][job_spec]") {
    const std::string rest =
        ", name: n, space: s, objectives: {a: maximize}, evaluator: {type: t}, budget: {trials: "
        "1}}";
    for (const auto& [finalists, from] :
         {std::pair{"2", FinalistStart::scratch},
          std::pair{"{count: 2}", FinalistStart::scratch},
          std::pair{"{count: 2, from: inherited}", FinalistStart::inherited}}) {
        Faults faults;
        const JobSpec job = read("{finalists: " + std::string(finalists) + rest, faults);
        REQUIRE(faults.empty());
        CHECK(job.finalists == 2);
        CHECK(job.finalists_from == from);
        const JobSpec again = read(to_job_document(job), faults);
        REQUIRE(faults.empty());
        CHECK(again.finalists == 2);
        CHECK(again.finalists_from == from);
    }
    CHECK(fault_of("finalists.from", "the moon").where == "/finalists/from");
    CHECK(fault_of("finalists.choose", "all").where == "/finalists/choose");
    Faults faults;
    const JobSpec spread = read("{finalists: {count: 2, choose: spread}" + rest, faults);
    REQUIRE(faults.empty());
    CHECK(spread.finalists_choice == FinalistChoice::spread);
    CHECK(read(to_job_document(spread), faults).finalists_choice == FinalistChoice::spread);
}

TEST_CASE("a job that cannot work says why", "[search][job_spec]") {
    CHECK(fault_of("workers", "5").message ==
          "5 workers with 2 threads each are more than the 8 cores");
    CHECK(fault_of("phase_threads", "9").message == "9 threads are more than the 8 cores");
    CHECK(fault_of("lag", "1").where == "/lag");
    CHECK(fault_of("lag", "0").where == "/lag");
    CHECK(fault_of("budget", "{}").message ==
          "at least one of trials, wall_time and cost is needed");
    CHECK(fault_of("budget.wall_time", "soon").where == "/budget/wall_time");
    CHECK(fault_of("budget.wall_time", "-5").where == "/budget/wall_time");
    CHECK(fault_of("budget.trials", "0").where == "/budget/trials");
    CHECK(fault_of("limits.latency_ms", "fast").where == "/limits/latency_ms");
    CHECK(fault_of("confidence", "1.5").where == "/confidence");
    CHECK(fault_of("hypervolume_reference", "{accuracy: 0, latency_ms: 1, x: 1}").where ==
          "/hypervolume_reference/x");
    CHECK(fault_of("name", "''").where == "/name");
    CHECK(fault_of("finalists.count", "-1").where == "/finalists/count");
    CHECK(fault_of("finalists", "-1").where == "/finalists");
    CHECK(fault_of("reuse", "sometimes").where == "/reuse");
}

TEST_CASE("a job says how long workers may be silent and how often a trial is tried",
          "[search][job_spec]") {
    const LeaseTerms terms = read(kFullJob).leases;
    CHECK(terms.ttl == Seconds(90.0));
    CHECK(terms.progress_deadline == Seconds(1200.0));
    CHECK(terms.max_attempts == 5U);
    CHECK(fault_of("lease.ttl", "0.01").where == "/lease/ttl");
    CHECK(fault_of("lease.progress_deadline", "25h").message ==
          "expected 0.1 s to 24 h, got 90000 s");
    CHECK(fault_of("retry.max_attempts", "0").where == "/retry/max_attempts");
    CHECK(fault_of("retry.attempts", "2").where == "/retry/attempts");
}

TEST_CASE("an objective that is named twice is a fault", "[search][job_spec]") {
    Json json = Document::parse(kFullJob, "job.yaml").root();
    json.erase("hypervolume_reference");
    set_value(
        json, "objectives", "[{metric: a, direction: minimize}, {metric: a, direction: minimize}]");
    Faults faults;
    read_job(json, "/jobs", kCores, faults);
    REQUIRE(faults.list().size() == 1);
    CHECK(faults.list()[0].message == "'a' is named twice");
}

TEST_CASE("a preset gives limits where the job has none", "[search][job_spec]") {
    Json json = Document::parse(kFullJob, "job.yaml").root();
    set_value(json, "preset", "mobile");
    set_value(json, "limits.weight_bytes", "5000");
    Faults faults;
    const JobSpec job = read_job(json, "/jobs", kCores, faults);
    CHECK(faults.empty());
    CHECK(job.limits == Limits{{"latency_ms", 2.5},
                               {"parameters", 2e5},
                               {"peak_memory_bytes", 1e8},
                               {"weight_bytes", 5000.0}});
    CHECK(read(to_job_document(job)).limits == job.limits);

    const Fault fault = fault_of("preset", "moble");
    CHECK(fault.where == "/preset");
    CHECK(fault.message == "no preset is named 'moble'; did you mean 'mobile'?");
}

TEST_CASE("a value is set by its path, as YAML", "[search][job_spec]") {
    Json json = Document::parse("{a: {b: 1}, list: [{x: 1}]}", "job").root();
    set_value(json, "a.b", "2.5");
    set_value(json, "a.new.deep", "yes");
    set_value(json, "list.0.x", "[1, two]");
    CHECK(dump_json(json) == R"({"a":{"b":2.5,"new":{"deep":"yes"}},"list":[{"x":[1,"two"]}]})");
    CHECK_THROWS_WITH(set_value(json, "list.1.x", "1"), Catch::Contains("without an entry '1'"));
    CHECK_THROWS_AS(set_value(json, "a..b", "1"), Error);
    CHECK_THROWS_AS(set_value(json, "a.b.c", "1"), Error);
    CHECK_THROWS_AS(set_value(json, "a", "[1"), Error);
}

TEST_CASE("every job in docs/job-file.md can be read", "[search][job_spec]") {
    std::ifstream file(tests::repository() / "docs/job-file.md");
    std::string line;
    int jobs = 0;
    while (std::getline(file, line)) {
        if (line != "```yaml")
            continue;
        std::string text;
        while (std::getline(file, line) && line != "```")
            text += line + '\n';
        INFO(text);
        CHECK_NOTHROW(read(text));
        ++jobs;
    }
    CHECK(jobs >= 6);
}

}  // namespace parnas::search
