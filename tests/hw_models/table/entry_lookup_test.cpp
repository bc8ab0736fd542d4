// SPDX-License-Identifier: Apache-2.0
#include "hw_models/table/entry_lookup.h"

#include <fmt/format.h>

#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::hw_models;

namespace {

KernelWork work_of_width(double width) {
    return {.multiply_adds = 1e4 * width * width, .bytes = 4e3 * width, .weight_bytes = 36 * width};
}

Seconds time_of_width(double width) {
    const KernelWork work = work_of_width(width);
    return Seconds(2e-6 + work.multiply_adds * 3e-11 + (work.bytes + work.weight_bytes) * 1e-10);
}

OperatorTable table_of(const std::vector<double>& widths) {
    OperatorTable table;
    for (const double width : widths)
        table.entries.push_back({.key = fmt::format("conv {}", width),
                                 .kind = "conv",
                                 .work = work_of_width(width),
                                 .time = time_of_width(width)});
    return table;
}

}  // namespace

TEST_CASE("a kernel of the table has its own time", "[hw_models][table]") {
    OperatorTable table = table_of({8, 16, 32, 64});
    table.entries[1].time *= 1.5;  // whatever its neighbours take
    const EntryLookup lookup(table);
    const FoundTime found = lookup.find("conv 16", "conv", work_of_width(16));
    CHECK(found.measured);
    CHECK(found.time == table.entries[1].time);
    CHECK(found.log_sd == 0.0);
}

TEST_CASE("a kernel between others of its kind takes a time between theirs", "[hw_models][table]") {
    const OperatorTable table = table_of({8, 16, 32, 64, 128});
    const EntryLookup lookup(table);
    const FoundTime found = lookup.find("conv 24", "conv", work_of_width(24));
    CHECK_FALSE(found.measured);
    CHECK(found.time / time_of_width(24) == Approx(1.0).epsilon(0.01));
    CHECK(found.log_sd == Approx(0.05));
    // Also beyond them.
    const FoundTime large = lookup.find("conv 512", "conv", work_of_width(512));
    CHECK(large.time / time_of_width(512) == Approx(1.0).epsilon(0.01));
}

TEST_CASE("how far a kind's times are from a line widens what is made up of it",
          "[hw_models][table]") {
    OperatorTable table = table_of({8, 16, 24, 32, 48, 64, 96, 128});
    for (std::size_t i = 0; i < table.entries.size(); ++i)
        table.entries[i].time *= i % 2 == 0 ? 1.0 : 1.4;
    const FoundTime found = EntryLookup(table).find("conv 40", "conv", work_of_width(40));
    CHECK(found.log_sd > 0.1);
    CHECK(found.log_sd < 0.6);
}

TEST_CASE("a kind that the table does not have is a guess and said to be one",
          "[hw_models][table]") {
    const OperatorTable table = table_of({8, 16, 32, 64});
    const FoundTime found = EntryLookup(table).find("pool", "pool", work_of_width(32));
    CHECK_FALSE(found.measured);
    CHECK(found.log_sd >= 0.5);
    CHECK(found.time / time_of_width(32) == Approx(1.0).epsilon(0.5));
}

TEST_CASE("a table of one entry can be asked about others", "[hw_models][table]") {
    const OperatorTable table = table_of({16});
    const FoundTime found = EntryLookup(table).find("conv 32", "conv", work_of_width(32));
    CHECK(found.time > table.entries[0].time);
    CHECK(found.log_sd == Approx(0.5));
}
