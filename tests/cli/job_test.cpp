// SPDX-License-Identifier: Apache-2.0
#include "cli/job.h"

#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::cli;

TEST_CASE("a study of a larger machine can be looked at, not resumed as it is", "[cli][job]") {
    const store::StudyRecord study{.spec = {.name = "large", .job = R"({
        "name": "large",
        "space": {"name": "mlp"},
        "evaluator": {"type": "synthetic", "function": "noop"},
        "objectives": {"parameters": "minimize"},
        "budget": {"trials": 5},
        "workers": 4096,
        "lag": 4096})"}};
    CHECK(stored_job(study).workers == 4096);
    CHECK_THROWS_WITH(prepare_stored_job(study, {}, {}), Catch::Contains("4096 workers"));
    CHECK_NOTHROW(prepare_stored_job(study, {.workers = 1}, {}));
}
