// SPDX-License-Identifier: Apache-2.0
#include <fstream>

#include "core/rng.h"
#include "store/sqlite_store.h"
#include "tests/store/raw_sql.h"
#include "tests/store/samples.h"
#include "tests/support/catch.h"
#include "tests/support/read_file.h"

using namespace parnas;
using namespace parnas::store;
using namespace parnas::store::samples;
using tests::read_file;

namespace {

void write_file(const std::filesystem::path& path, const std::string& content) {
    std::ofstream(path, std::ios::binary) << content;
}

std::string sound_file(const TemporaryFolder& folder) {
    const auto path = folder / "sound.db";
    {
        const auto store = make_sqlite_store({.path = path});
        store->commit(finished_trials(drive(*store, "s"), 0, 100));
    }
    return read_file(path);
}

// Opens the file and reads all of it.
void read_everything(const std::filesystem::path& path, OpenMode mode) {
    const auto store = make_sqlite_store({.path = path, .mode = mode});
    for (const StudyRecord& study : store->studies()) {
        store->trials(study.id);
        store->front_history(study.id);
        store->events(study.id);
    }
}

}  // namespace

TEST_CASE("a file that is no database is damaged", "[store][sqlite][damage]") {
    const TemporaryFolder folder;
    const auto path = folder / "garbage.db";
    Rng rng(1);
    std::string garbage;
    for (int i = 0; i < 8192; ++i)
        garbage += static_cast<char>(rng.below(256));
    write_file(path, garbage);
    for (const auto mode : {OpenMode::create, OpenMode::existing, OpenMode::read_only}) {
        const auto open = [&] { make_sqlite_store({.path = path, .mode = mode}); };
        CHECK(error_of(open) == ErrorKind::damaged);
        CHECK_THAT(message_of(open),
                   Catch::Contains("not a sound parnas store") && Catch::Contains(path.string()) &&
                       Catch::Contains(".recover"));
    }
    CHECK(read_file(path) == garbage);
}

TEST_CASE("a file cut short at any page is damaged", "[store][sqlite][damage]") {
    const TemporaryFolder folder;
    const std::string sound = sound_file(folder);
    const auto path = folder / "short.db";
    for (std::size_t size = 512; size < sound.size(); size += 4096) {
        write_file(path, sound.substr(0, size));
        CAPTURE(size);
        CHECK(error_of([&] { read_everything(path, OpenMode::read_only); }) == ErrorKind::damaged);
        CHECK(error_of([&] { read_everything(path, OpenMode::existing); }) == ErrorKind::damaged);
    }
}

TEST_CASE("a page of garbage is damage when it is read, and never a crash",
          "[store][sqlite][damage]") {
    const TemporaryFolder folder;
    const std::string sound = sound_file(folder);
    const auto path = folder / "flipped.db";
    Rng rng(2);
    int damaged = 0;
    for (std::size_t page = 1; page < sound.size() / 4096; ++page) {
        std::string content = sound;
        for (std::size_t i = 0; i < 4096; ++i)
            content[page * 4096 + i] = static_cast<char>(rng.below(256));
        write_file(path, content);
        const auto error = error_of([&] { read_everything(path, OpenMode::read_only); });
        CAPTURE(page);
        // Some pages belong to indexes and tables that nobody asked for.
        CHECK((!error || error == ErrorKind::damaged));
        if (error)
            ++damaged;
    }
    CHECK(damaged >= static_cast<int>(sound.size() / 4096 / 3));
}

TEST_CASE("single flipped bits are survived or called damage", "[store][sqlite][damage]") {
    const TemporaryFolder folder;
    const std::string sound = sound_file(folder);
    const auto path = folder / "flipped.db";
    Rng rng(3);
    for (int round = 0; round < 100; ++round) {
        std::string content = sound;
        const std::size_t place = rng.below(content.size());
        content[place] = static_cast<char>(content[place] ^ (1 << rng.below(8)));
        write_file(path, content);
        CAPTURE(place);
        const auto error = error_of([&] { read_everything(path, OpenMode::read_only); });
        CHECK((!error || error == ErrorKind::damaged));
    }
}

TEST_CASE("words that no store writes are damage", "[store][sqlite][damage]") {
    const TemporaryFolder folder;
    const std::string sound = sound_file(folder);
    const auto path = folder / "odd.db";
    for (const char* sql : {"UPDATE trials SET state = 'RUNNIMG'",
                            "UPDATE trials SET datetime_start = 'yesterday'",
                            "UPDATE parnas_trials SET metrics = '{\"a\": '",
                            "UPDATE parnas_trials SET architecture = 'xyz'",
                            "UPDATE parnas_trials SET stage = 'middle'",
                            "UPDATE trial_values SET value_type = 'BIG'",
                            "DELETE FROM trial_values WHERE objective = 0",
                            "UPDATE parnas_studies SET state = 'asleep'",
                            "UPDATE study_directions SET direction = 'UP'"}) {
        write_file(path, sound);
        RawSql(path).run(sql);
        CAPTURE(sql);
        CHECK(error_of([&] { read_everything(path, OpenMode::existing); }) == ErrorKind::damaged);
    }
}
