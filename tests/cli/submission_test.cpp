// SPDX-License-Identifier: Apache-2.0
#include "cli/submission.h"

#include <fstream>

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/support/temporary_folder.h"

using namespace parnas;
using namespace parnas::cli;

namespace {

// A folder with a job file and, below it, a space.
struct Files {
    explicit Files(const std::string& job) {
        std::filesystem::create_directory(folder.path() / "spaces");
        std::ofstream(folder.path() / "spaces/unit.yaml")
            << "name: unit@1\nparams:\n  x: {real: [0, 1]}\n";
        std::ofstream(file()) << job;
        options.run.job = file();
    }

    std::filesystem::path file() const { return folder.path() / "job.yaml"; }
    Json request() const { return to_submission(Document::read(file()), options); }

    tests::TemporaryFolder folder;
    SubmitOptions options;
};

constexpr auto kUnitSpace = R"({"name":"unit@1","params":{"x":{"real":[0,1]}}})";

}  // namespace

TEST_CASE("a job's space file goes to the server with the job", "[cli][submit]") {
    const Files named("name: a\nspace: spaces/unit.yaml\n");
    CHECK(dump_json(named.request()["study"]["space"]["document"]) == kUnitSpace);
    const Files with("name: a\nspace: {file: unit.yaml, with: {n: 2}}\nbase: spaces\n");
    const Json job = with.request()["study"];
    CHECK(dump_json(job["space"]) ==
          R"({"with":{"n":2},"document":)" + std::string(kUnitSpace) + "}");
    const Files built_in("name: a\nspace: cell201\n");
    CHECK(built_in.request()["study"]["space"] == "cell201");
    const Files missing("name: a\nspace: gone.yaml\n");
    CHECK_THROWS_AS(missing.request(), Error);
}

TEST_CASE("what a job says of this machine's files stays here", "[cli][submit]") {
    const Files files("name: a\nspace: mlp\nbase: /data\nstore: /data/lab.db\nseed: 3\n");
    CHECK(dump_json(files.request()) == R"({"study":{"name":"a","space":"mlp","seed":3}})");
}

TEST_CASE("a submission has the command line's changes and wishes", "[cli][submit]") {
    Files files("name: a\nbudget: {trials: 5}\n");
    files.options.run.name = "b";
    files.options.run.trials = 7;
    files.options.run.set = {"seed=9"};
    files.options.project = "vision";
    files.options.workers = 2;
    files.options.dry_run = true;
    CHECK(dump_json(files.request()) ==
          R"({"study":{"name":"b","budget":{"trials":7},"seed":9},"project":"vision","workers":2,)"
          R"("dry_run":true})");
}

TEST_CASE("faults that a server finds in a job have the lines of its file", "[cli][submit]") {
    const Files files("name: a\nspace: mlp\nevaluator:\n  type: command\n");
    const Error error = with_lines_of_job(
        Error(ErrorKind::invalid_input,
              {{"/study/evaluator/type", "is refused"}, {"/workers", "too many"}, {"", "no"}}),
        Document::read(files.file()));
    REQUIRE(error.faults().size() == 3);
    CHECK_THAT(error.faults()[0].where, Catch::EndsWith("job.yaml:4 /evaluator/type"));
    CHECK(error.faults()[1].where == "/workers");
    CHECK(error.faults()[2].where.empty());
}
