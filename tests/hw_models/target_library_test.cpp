// SPDX-License-Identifier: Apache-2.0
#include "hw_models/target_library.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "hw_models/target_kinds.h"
#include "tests/support/catch.h"
#include "tests/support/read_file.h"
#include "tests/support/repository.h"
#include "tests/support/temporary_folder.h"

using namespace parnas;
using namespace parnas::hw_models;
using Catch::Matchers::Contains;

namespace {

constexpr const char* kBoard = R"(
name: my-board
source: measured with a stop watch
date: "2026-01-31"
provenance: calibrated
assumed: [kernel_overhead_us]
hardware: a board
runtime: roofline
threads: 2
dtype: int8
peak_gflops: 2
memory_gb_per_s: 1
kernel_overhead_us: 3
)";

const TargetEntry* entry_of(const std::vector<TargetEntry>& entries, std::string_view name) {
    const auto found = std::ranges::find(entries, name, &TargetEntry::name);
    return found == entries.end() ? nullptr : &*found;
}

}  // namespace

TEST_CASE("without a folder there are the targets that come with the program",
          "[hw_models][targets]") {
    const TargetLibrary library;
    const std::vector<TargetEntry> entries = library.list();
    CHECK(entries.size() == target_documents().size());
    CHECK(std::ranges::is_sorted(entries, {}, &TargetEntry::name));
    for (const TargetEntry& entry : entries) {
        INFO(entry.name);
        CHECK(entry.origin == TargetOrigin::shipped);
        const Document document = library.open(entry);
        CHECK(kind_of(document).read(document).target.name == entry.name);
    }
    CHECK_THROWS_AS(library.add("x.yaml", kBoard, Replace::no), Error);
    CHECK(TargetLibrary("/no/such/folder").list().size() == entries.size());
}

TEST_CASE("a document that was added is found by its name", "[hw_models][targets]") {
    const tests::TemporaryFolder folder;
    const TargetLibrary library(folder / "made/when/needed");
    const auto path = library.add("my-board.yaml", kBoard, Replace::no);
    CHECK(path == folder / "made/when/needed/my-board.yaml");
    CHECK(library.text("my-board", ".") == kBoard);

    const std::vector<TargetEntry> entries = library.list();
    REQUIRE(entry_of(entries, "my-board") != nullptr);
    CHECK(entry_of(entries, "my-board")->origin == TargetOrigin::own);
    const Document document = library.resolve("my-board", ".");
    const TargetCard card = kind_of(document).read(document);
    CHECK(card.provenance == Provenance::calibrated);
    CHECK(card.assumed == std::vector<std::string>{"kernel_overhead_us"});
    CHECK(card.target.dtype == spaces::DType::int8);

    const Json options{{"profile", "my-board"}};
    Faults faults;
    ObjectReader reader(options, "/target", faults);
    CHECK(make_model_of_profile(reader, ".", library)->target().hardware == "a board");
}

TEST_CASE("a name that is taken is replaced on request only", "[hw_models][targets]") {
    const tests::TemporaryFolder folder;
    const TargetLibrary library(folder.path());
    library.add("my-board.yaml", "first", Replace::no);
    CHECK_THROWS_WITH(library.add("my-board.json", "{}", Replace::no), Contains("already"));
    CHECK(library.text("my-board", ".") == "first");
    library.add("my-board.json", "{}", Replace::yes);
    CHECK(library.text("my-board", ".") == "{}");
    CHECK(library.list().size() == target_documents().size() + 1);
    CHECK_THROWS_WITH(library.add("cortex-m7.yaml", "", Replace::yes), Contains("comes with"));
}

TEST_CASE("an own document takes the place of one that comes with the program",
          "[hw_models][targets]") {
    const tests::TemporaryFolder folder;
    folder.write("cortex-m7.yml", "mine");
    const TargetLibrary library(folder.path());
    CHECK(library.list().size() == target_documents().size());
    CHECK(library.text("cortex-m7", ".") == "mine");
}

TEST_CASE("a kind that does not exist is refused with those that do", "[hw_models][targets]") {
    const Document document = Document::parse("name: x\nkind: tabel\n", "x.yaml");
    CHECK_THROWS_WITH(kind_of(document),
                      Contains("x.yaml:2") && Contains("'tabel'") && Contains("'profile'"));
}

TEST_CASE("names that cannot be files, and keys that are not there, are refused",
          "[hw_models][targets]") {
    CHECK(is_target_name("raspberry-pi-5.v2"));
    for (const char* name : {"", "..", "a/b", "-x", "a b", "\xc3\xa4"})
        CHECK_FALSE(is_target_name(name));
    std::string text = kBoard;
    text.replace(text.find("my-board"), 8, "../board");
    text.replace(text.find("kernel_overhead_us"), 18, "kernel_overhead_ms");
    const Document document = Document::parse(text, "x.yaml");
    CHECK_THROWS_WITH(kind_of(document).read(document),
                      Contains("x.yaml:2 /name") && Contains("/assumed"));
}

TEST_CASE("the documents in docs/targets.md can be read", "[hw_models][targets]") {
    const std::string text = tests::read_file(tests::repository() / "docs/targets.md");
    constexpr std::string_view kBegin = "```yaml\n";
    int documents = 0;
    for (std::size_t at = text.find(kBegin); at != std::string::npos; at = text.find(kBegin, at)) {
        at += kBegin.size();
        const std::string yaml = text.substr(at, text.find("```", at) - at);
        INFO(yaml);
        const Document document = Document::parse(yaml, "docs/targets.md");
        CHECK_NOTHROW(kind_of(document).read(document));
        ++documents;
    }
    CHECK(documents >= 1);
}
