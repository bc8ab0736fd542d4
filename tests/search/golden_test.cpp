// SPDX-License-Identifier: Apache-2.0
// What is written to be read by others, or by a later version.
#include "tests/support/golden.h"

#include <filesystem>

#include <nlohmann/json.hpp>

#include "core/document.h"
#include "search/export/exporters.h"
#include "search/job_spec.h"
#include "tests/support/catch.h"
#include "tests/support/networks.h"
#include "tests/support/read_file.h"
#include "tests/support/temporary_folder.h"

namespace parnas::search {
namespace {

// Every kind of thing that an export writes: text to be escaped, symbols, several outputs,
// attributes that are not at their default.
spaces::Network exported_network() {
    using namespace spaces;
    tests::NetworkDraft draft;
    const ValueId image = draft.input("image", {3, 8, 8});
    const Conv strided{.out = 4, .kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1}};
    const ValueId stem = draft.add("stem \"s2\", first", strided, {image});
    const ValueId norm = draft.add("norm", Norm{}, {stem});
    const ValueId act = draft.add("act", Activation{ActivationKind::gelu}, {norm});
    const ValueId left = draft.add("left", Conv{.out = 4}, {act});
    const ValueId sum = draft.add("sum", Add{}, {left, act});
    const ValueId both = draft.add("both", Concat{}, {sum, act});
    const ValueId early = draft.add("early", GlobalPool{}, {act});
    const ValueId exit = draft.add("exit", Linear{.out = 10}, {early});
    const ValueId pool = draft.add("pool", GlobalPool{}, {both});
    const ValueId head = draft.add("head", Linear{.out = 10, .bias = false}, {pool});
    return std::move(draft).finish({exit, head});
}

std::string exported(const Exporter& exporter) {
    const tests::TemporaryFolder folder;
    const std::filesystem::path path = folder / "network";
    exporter.write(
        {.network = exported_network(),
         .description = R"({"study": "golden", "trial": 3, "metrics": {"accuracy": 0.1}})"},
        path);
    return tests::read_file(path);
}

constexpr const char* kJob = R"(
name: everything
space: {file: space.yaml, with: {width: 32}}
objectives: {accuracy: maximize, latency_ms: minimize}
limits: {latency_ms: 2.5, parameters: 200000}
hypervolume_reference: {accuracy: 0, latency_ms: 10}
evaluator: {type: synthetic, function: zdt1}
target: {model: roofline, profile: raspberry-pi-5}
strategy: {type: nsga2, population: 16}
budget: {trials: 60, wall_time: 10min, cost: 1.5h}
workers: 2
threads: 2
lag: 6
reuse: none
keep_weights: all
seed: 9223372036854775807
finalists: {count: 2}
store: out.db
)";

constexpr const char* kShortJob = R"(
name: short
space: mlp
objectives: {accuracy: maximize}
evaluator: {type: synthetic, function: noop}
budget: {trials: 5}
)";

std::string normal_form(const char* text) {
    Faults faults;
    const JobSpec job = read_job(Document::parse(text, "job.yaml").root(), "/jobs", 8, faults);
    faults.throw_if_any();
    return parse_json(to_job_document(job), "job").dump(2) + '\n';
}

}  // namespace

TEST_CASE("an export of a network stays the same, byte for byte", "[search][export][golden]") {
    tests::check_golden("export.json", exported(*make_json_exporter()));
    tests::check_golden("export.csv", exported(*make_csv_exporter()));
    tests::check_golden("export.dot", exported(*make_dot_exporter()));
}

TEST_CASE("the normal form of a job stays the same", "[search][job_spec][golden]") {
    tests::check_golden("job.json", normal_form(kJob));
    tests::check_golden("short_job.json", normal_form(kShortJob));
}

}  // namespace parnas::search
