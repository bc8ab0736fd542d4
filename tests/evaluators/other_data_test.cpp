// SPDX-License-Identifier: Apache-2.0
// Series, texts and graphs.
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "evaluators/data/data.h"
#include "tests/evaluators/files.h"
#include "tests/support/catch.h"
#include "tests/support/repository.h"

using namespace parnas;
using namespace parnas::evaluators;
using Catch::Matchers::Contains;
using parnas::tests::TemporaryFolder;

namespace {

Data read(const std::filesystem::path& folder, const Json& options) {
    Faults faults;
    ObjectReader reader(options, "/data", faults);
    Data data = read_data(reader, folder);
    faults.throw_if_any();
    return data;
}

const std::filesystem::path kShared = tests::repository() / "../shared/data";

bool lacks_shared() {
    if (std::filesystem::exists(kShared))
        return false;
    WARN("skipped: no folder " << kShared);
    return true;
}

constexpr const char* kNodes =
    "node,label,split,features\n0,1,train,0 2\n1,0,val,\n2,1,none,1\n3,0,test,2\n";

}  // namespace

TEST_CASE("a series has the columns of numbers of its file", "[evaluators][data]") {
    const TemporaryFolder folder;
    folder.write("s.csv", "date,a,b\n2016-07-01 00:00:00,1,2\n2016-07-01 01:00:00,3,4.5\nx,5,6\n");
    const auto series = std::get<Series>(read(
        folder.path(), {{"series", "s.csv"}, {"window", 2}, {"targets", "b"}, {"horizon", 1}}));
    CHECK(series.columns == std::vector<std::string>{"a", "b"});
    CHECK(series.values == std::vector<float>{1.0F, 2.0F, 3.0F, 4.5F, 5.0F, 6.0F});
    CHECK(series.targets == std::vector<std::int64_t>{1});
    CHECK(series.steps() == 3);
    CHECK(series.window == 2);
    const auto first = std::get<Series>(read(folder.path(), {{"series", "s.csv"}, {"limit", 2}}));
    CHECK(first.steps() == 2);
    CHECK(first.targets == std::vector<std::int64_t>{0, 1});
}

TEST_CASE("a series without numbers, with holes or without its target is refused",
          "[evaluators][data]") {
    const TemporaryFolder folder;
    folder.write("words.csv", "a,b\nx,y\n");
    folder.write("hole.csv", "a,b\n1,2\n3,nan\n");
    const auto reading = [&](const Json& options) {
        return [&, options] { read(folder.path(), options); };
    };
    CHECK_THROWS_WITH(reading({{"series", "words.csv"}})(), Contains("no column of numbers"));
    CHECK_THROWS_WITH(reading({{"series", "hole.csv"}})(), Contains("finite number"));
    CHECK_THROWS_WITH(reading({{"series", "hole.csv"}, {"targets", {"c"}}, {"limit", 1}})(),
                      Contains("'c'"));
    CHECK_THROWS_WITH(reading({{"series", "hole.csv"}, {"windw", 3}, {"horizon", 0}})(),
                      Contains("windw") && Contains("horizon"));
}

TEST_CASE("a text is numbered by its characters in ascending order", "[evaluators][data]") {
    const TemporaryFolder folder;
    folder.write("t.txt", "banana\n");
    const auto text = std::get<Text>(read(folder.path(), {{"text", "t.txt"}, {"length", 3}}));
    CHECK(text.alphabet == "\nabn");
    CHECK(text.symbols == std::vector<std::uint8_t>{2, 1, 3, 1, 3, 1, 0});
    CHECK(text.length == 3);
    folder.write("one.txt", "aaaa");
    CHECK_THROWS_WITH(read(folder.path(), {{"text", "one.txt"}}), Contains("two different"));
}

TEST_CASE("a graph's undirected edges go both ways and its nodes are shared out",
          "[evaluators][data]") {
    const TemporaryFolder folder;
    folder.write("nodes.csv", kNodes);
    folder.write("edges.csv", "u,v\n0,1\n2,2\n");
    const Json files{{"nodes", "nodes.csv"}, {"edges", "edges.csv"}};
    const auto graph = std::get<GraphData>(read(folder.path(), {{"graph", files}}));
    CHECK(graph.nodes == 4);
    CHECK(graph.features == 3);
    CHECK(graph.values == std::vector<float>{1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 1});
    CHECK(graph.labels == std::vector<std::int32_t>{1, 0, 1, 0});
    CHECK(graph.classes == 2);
    CHECK(graph.from == std::vector<std::int64_t>{0, 1, 2});
    CHECK(graph.to == std::vector<std::int64_t>{1, 0, 2});
    CHECK(graph.parts.train == std::vector<std::int64_t>{0});
    CHECK(graph.parts.validation == std::vector<std::int64_t>{1});
    CHECK(graph.parts.test == std::vector<std::int64_t>{3});
    Json directed = files;
    directed["directed"] = true;
    CHECK(std::get<GraphData>(read(folder.path(), {{"graph", directed}})).from.size() == 2);
}

TEST_CASE("a graph whose edges or words are wrong is refused with file and line",
          "[evaluators][data]") {
    const TemporaryFolder folder;
    folder.write("nodes.csv", kNodes);
    folder.write("far.csv", "u,v\n0,1\n0,4\n");
    folder.write("bad.csv", "node,label,split,features\n0,1,train,0\n1,0,maybe,1\n");
    const auto graph = [](const char* nodes, const char* edges) {
        return Json{{"graph", {{"nodes", nodes}, {"edges", edges}}}};
    };
    CHECK_THROWS_WITH(read(folder.path(), graph("nodes.csv", "far.csv")),
                      Contains("from 0 to 3") && Contains("'4'"));
    CHECK_THROWS_WITH(read(folder.path(), graph("bad.csv", "far.csv")), Contains("'maybe'"));
}

TEST_CASE("three parts follow one another and none is empty", "[evaluators][data]") {
    const PartSizes parts = divide(10, {.validation = 0.2, .test = 0.3});
    CHECK(parts.train == 5);
    CHECK(parts.validation == 2);
    CHECK(parts.test == 3);
    CHECK_THROWS_AS(divide(2, {.validation = 0.1, .test = 0.1}), Error);
}

TEST_CASE("rows before a CSV table are skipped", "[evaluators][data]") {
    const TemporaryFolder folder;
    folder.write("a.csv", "2,2,yes,no\n1,2,0\n3,4,1\n");
    const auto data = std::get<DataSet>(read(folder.path(), {{"csv", "a.csv"}, {"skip", 1}}));
    CHECK(data.values == std::vector<float>{1, 2, 3, 4});
    CHECK(data.classes == 2);
}

TEST_CASE("ETTh1, Cora and tinyshakespeare have their known sizes", "[evaluators][data][slow]") {
    if (lacks_shared())
        return;
    const auto series = std::get<Series>(read(kShared, {{"series", "ETTh1.csv.gz"}}));
    CHECK(series.steps() == 17420);
    CHECK(series.columns.size() == 7);
    const auto graph = std::get<GraphData>(read(
        kShared,
        {{"graph", {{"nodes", "graph_cora_nodes.csv.gz"}, {"edges", "graph_cora_edges.csv.gz"}}}}));
    CHECK(graph.nodes == 2708);
    CHECK(graph.features == 1433);
    CHECK(graph.classes == 7);
    CHECK(graph.from.size() == 2 * 5278);
    CHECK(graph.parts.train.size() == 140);
    CHECK(graph.parts.validation.size() == 500);
    CHECK(graph.parts.test.size() == 1000);
    const auto text = std::get<Text>(read(kShared, {{"text", "tinyshakespeare.txt"}}));
    CHECK(text.symbols.size() == 1115394);
    CHECK(text.alphabet.size() == 65);
}
