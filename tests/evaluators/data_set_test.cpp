// SPDX-License-Identifier: Apache-2.0
#include "evaluators/data/data_set.h"

#include <algorithm>
#include <map>
#include <numeric>

#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STBI_WRITE_NO_STDIO
#include <stb/stb_image_write.h>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "tests/evaluators/files.h"
#include "tests/support/catch.h"

using namespace parnas;
using Catch::Matchers::Contains;
using evaluators::DataSet;
using parnas::tests::TemporaryFolder;

namespace {

DataSet read(const TemporaryFolder& folder, const std::string& options) {
    Faults faults;
    const Json json = parse_json(options, "options");
    ObjectReader reader(json, "/data", faults);
    DataSet data = evaluators::read_data_set(reader, folder.path());
    faults.throw_if_any();
    return data;
}

std::string bytes(std::initializer_list<int> values) {
    std::string text;
    for (const int value : values)
        text += static_cast<char>(value);
    return text;
}

// Two images of 1 x 2 pixels.
const std::string kIdxImages =
    bytes({0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 3, 255});
const std::string kIdxLabels = bytes({0, 0, 8, 1, 0, 0, 0, 2, 1, 0});

}  // namespace

TEST_CASE("a CSV file becomes samples with their labels last", "[evaluators][data]") {
    const TemporaryFolder folder;
    folder.write("a.csv", "1,2.5,7\n-3e1, 4 ,5\r\n\n+5,6,7\n");
    const DataSet data = read(folder, R"({"csv": "a.csv"})");
    CHECK(data.shape == spaces::Shape{2});
    CHECK(data.values == std::vector<float>{1.0F, 2.5F, -30.0F, 4.0F, 5.0F, 6.0F});
    CHECK(data.labels == std::vector<std::int32_t>{1, 0, 1});
    CHECK(data.classes == 2);
}

TEST_CASE("a gzip file reads as the plain one does", "[evaluators][data]") {
    const TemporaryFolder folder;
    folder.write("a.csv", "1,2,0\n3,4,1\n");
    tests::write_gzip(folder / "a.csv.gz", "1,2,0\n3,4,1\n");
    const DataSet plain = read(folder, R"({"csv": "a.csv"})");
    const DataSet packed = read(folder, R"({"csv": "a.csv.gz"})");
    CHECK(plain.values == packed.values);
    CHECK(plain.digest == packed.digest);
}

TEST_CASE("a first row with text besides the label is a header", "[evaluators][data]") {
    const TemporaryFolder folder;
    folder.write("a.csv", "kind,x,y\nb,1,2\na,3,4\n");
    for (const char* label : {R"("first")", "0", R"("kind")"}) {
        const DataSet data =
            read(folder, std::string(R"({"csv": "a.csv", "label": )") + label + "}");
        CHECK(data.values == std::vector<float>{1, 2, 3, 4});
        CHECK(data.labels == std::vector<std::int32_t>{1, 0});
    }
    folder.write("b.csv", "1,2,b\n3,4,a\n");
    CHECK(read(folder, R"({"csv": "b.csv"})").size() == 2);
}

TEST_CASE("header: true skips a first row of numbers", "[evaluators][data]") {
    const TemporaryFolder folder;
    folder.write("a.csv", "0,1\n5,0\n6,1\n");
    CHECK(read(folder, R"({"csv": "a.csv"})").size() == 3);
    CHECK(read(folder, R"({"csv": "a.csv", "header": true})").size() == 2);
}

TEST_CASE("labels are numbered in ascending order, by value if all are numbers",
          "[evaluators][data]") {
    const TemporaryFolder folder;
    folder.write("numbers.csv", "0,10\n0,9\n0,-1\n0,10.0\n");
    CHECK(read(folder, R"({"csv": "numbers.csv"})").labels ==
          std::vector<std::int32_t>{2, 1, 0, 2});
    folder.write("texts.csv", "0,\"c, \"\"d\"\"\"\n0,10\n0,a\n0,9\n");
    CHECK(read(folder, R"({"csv": "texts.csv"})").labels == std::vector<std::int32_t>{3, 0, 2, 1});
}

TEST_CASE("all bad fields of a CSV file are named with line and column", "[evaluators][data]") {
    const TemporaryFolder folder;
    folder.write("a.csv", "1,2,0\n1,x,0\n1,,0\nnan,2,0\n1,inf,0\n1,2\n1,2,?\n");
    try {
        read(folder, R"({"csv": "a.csv"})");
        FAIL("no fault was found");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::invalid_input);
        CHECK(error.faults().size() == 6);
        CHECK_THAT(error.what(), Contains("a.csv:2: column 2: expected a number, found 'x'"));
        CHECK_THAT(error.what(), Contains("a.csv:3: column 2: the value is missing"));
        CHECK_THAT(error.what(), Contains("a.csv:4: column 1: the value is missing: 'nan'"));
        CHECK_THAT(error.what(), Contains("a.csv:5: column 2: expected a finite number"));
        CHECK_THAT(error.what(),
                   Contains("a.csv:6: expected 3 fields as in the first row, found 2"));
        CHECK_THAT(error.what(), Contains("a.csv:7: column 3: the value is missing: '?'"));
    }
}

TEST_CASE("a CSV file without samples, features or different labels is refused",
          "[evaluators][data]") {
    const TemporaryFolder folder;
    folder.write("empty.csv", "\n\n");
    folder.write("header.csv", "x,y\n");
    folder.write("label.csv", "1\n2\n");
    folder.write("one.csv", "1,0\n2,0\n");
    CHECK_THROWS_WITH(read(folder, R"({"csv": "empty.csv"})"), Contains("the file is empty"));
    CHECK_THROWS_WITH(read(folder, R"({"csv": "header.csv"})"), Contains("no samples"));
    CHECK_THROWS_WITH(read(folder, R"({"csv": "label.csv"})"), Contains("found one column"));
    CHECK_THROWS_WITH(read(folder, R"({"csv": "one.csv"})"), Contains("the same label"));
    CHECK_THROWS_WITH(read(folder, R"({"csv": "none.csv"})"), Contains("cannot be opened"));
    CHECK_THROWS_WITH(read(folder, R"({"csv": "."})"), Contains("found a folder"));
}

TEST_CASE("a shape must hold the features of the file", "[evaluators][data]") {
    const TemporaryFolder folder;
    folder.write("a.csv", "1,2,3,4,0\n1,2,3,4,1\n");
    CHECK(read(folder, R"({"csv": "a.csv", "shape": [1, 2, 2]})").shape == spaces::Shape{1, 2, 2});
    CHECK_THROWS_WITH(read(folder, R"({"csv": "a.csv", "shape": [3, 1]})"), Contains("4 features"));
    CHECK_THROWS_WITH(read(folder, R"({"csv": "a.csv", "shape": [4096, 4096]})"),
                      Contains("4 features"));
}

TEST_CASE("IDX images and labels are read as they are", "[evaluators][data]") {
    const TemporaryFolder folder;
    tests::write_gzip(folder / "images", kIdxImages);
    folder.write("labels", kIdxLabels);
    const DataSet data = read(folder, R"({"idx": {"images": "images", "labels": "labels"}})");
    CHECK(data.shape == spaces::Shape{1, 1, 2});
    CHECK(data.values == std::vector<float>{1, 2, 3, 255});
    CHECK(data.labels == std::vector<std::int32_t>{1, 0});
    CHECK(data.classes == 2);
}

TEST_CASE("a damaged IDX file is refused", "[evaluators][data]") {
    const TemporaryFolder folder;
    const std::string options = R"({"idx": {"images": "images", "labels": "labels"}})";
    folder.write("labels", kIdxLabels);
    for (std::size_t size = 0; size < kIdxImages.size(); ++size) {
        folder.write("images", kIdxImages.substr(0, size));
        CHECK_THROWS_AS(read(folder, options), Error);
    }
    folder.write("images", kIdxImages + "x");
    CHECK_THROWS_WITH(read(folder, options), Contains("promises 4 bytes of data, found 5"));
    folder.write("images", "\x1f" + kIdxImages.substr(1));
    CHECK_THROWS_WITH(read(folder, options), Contains("magic number"));
    folder.write("images", bytes({0, 0, 8, 3, 255, 255, 255, 255, 255, 255, 255, 255, 1, 1, 1, 1}));
    CHECK_THROWS_WITH(read(folder, options), Contains("byte 4: dimensions of more than"));
    folder.write("images", kIdxLabels);
    CHECK_THROWS_WITH(read(folder, options), Contains("3 or 4 dimensions, found 1"));
    folder.write("images", kIdxImages);
    folder.write("labels", bytes({0, 0, 8, 1, 0, 0, 0, 1, 1}));
    CHECK_THROWS_WITH(read(folder, options), Contains("1 labels for 2 images"));
}

TEST_CASE("a gzip file that is cut off is refused", "[evaluators][data]") {
    const TemporaryFolder folder;
    std::string content;
    for (int i = 0; i < 2000; ++i)
        content += std::to_string(i * 7919 % 1000) + "," + std::to_string(i % 2) + "\n";
    tests::write_gzip(folder / "a.csv", content);
    const auto path = folder.path() / "a.csv";
    std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
    CHECK_THROWS_WITH(read(folder, R"({"csv": "a.csv"})"), Contains("damaged or cut off"));
}

TEST_CASE("CIFAR-10 records follow each other over several files", "[evaluators][data]") {
    const TemporaryFolder folder;
    folder.write("a.bin", bytes({3}) + std::string(3072, '\x80'));
    folder.write("b.bin", bytes({9}) + std::string(3072, '\x01'));
    const DataSet data = read(folder, R"({"cifar10": ["a.bin", "b.bin"]})");
    CHECK(data.shape == spaces::Shape{3, 32, 32});
    CHECK(data.labels == std::vector<std::int32_t>{3, 9});
    CHECK(data.classes == 10);
    CHECK(data.values.front() == 128.0F);
    CHECK(data.values.back() == 1.0F);
    CHECK(data.digest != read(folder, R"({"cifar10": ["b.bin", "a.bin"]})").digest);

    folder.write("c.bin", std::string(3072, '\0'));
    CHECK_THROWS_WITH(read(folder, R"({"cifar10": ["c.bin"]})"), Contains("records of 3073 bytes"));
    folder.write("c.bin", bytes({10}) + std::string(3072, '\0'));
    CHECK_THROWS_WITH(read(folder, R"({"cifar10": ["c.bin"]})"), Contains("below 10, found 10"));
}

TEST_CASE("a folder of images has one class per sub-folder", "[evaluators][data]") {
    const TemporaryFolder folder;
    folder.write("set/dog/1.ppm",
                 "P6 2 2 255\n" + bytes({0, 10, 20, 100, 10, 20, 0, 10, 20, 100, 10, 20}));
    folder.write("set/cat/2.pgm", "P5 4 4 255\n" + std::string(16, '\x40'));
    folder.write("set/cat/1.pgm", "P5 1 1 255\n\x20");
    folder.write("set/cat/notes.txt", "not an image");
    const DataSet data = read(folder, R"({"images": "set", "size": [2, 2]})");
    CHECK(data.shape == spaces::Shape{3, 2, 2});
    CHECK(data.labels == std::vector<std::int32_t>{0, 0, 1});
    const std::vector<float> dog(data.values.end() - 12, data.values.end());
    CHECK(dog == std::vector<float>{0, 100, 0, 100, 10, 10, 10, 10, 20, 20, 20, 20});
    CHECK(data.values.front() == Approx(32.0));
    CHECK(data.values[12] == Approx(64.0));
    CHECK(read(folder, R"({"images": "set", "size": [3, 5], "channels": 1})").values.size() == 45);
}

TEST_CASE("shrinking an image keeps its mean", "[evaluators][data]") {
    const TemporaryFolder folder;
    std::string pixels;
    for (int i = 0; i < 64; ++i)
        pixels += i % 2 == 0 ? '\0' : '\x7f';
    folder.write("set/a/1.pgm", "P5 8 8 255\n" + pixels);
    folder.write("set/b/1.pgm", "P5 8 8 255\n" + pixels);
    const DataSet data = read(folder, R"({"images": "set", "size": [2, 2], "channels": 1})");
    const double sum = std::accumulate(data.values.begin(), data.values.end(), 0.0);
    CHECK(sum / static_cast<double>(data.values.size()) == Approx(63.5).epsilon(0.05));
}

TEST_CASE("images are decoded from every format, and refused when cut off", "[evaluators][data]") {
    const TemporaryFolder folder;
    const std::vector<unsigned char> pixels{10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120};
    const auto append = [](void* text, void* data, int size) {
        static_cast<std::string*>(text)->append(static_cast<const char*>(data),
                                                static_cast<std::size_t>(size));
    };
    std::map<std::string, std::string> files;
    stbi_write_png_to_func(append, &files["a.png"], 2, 2, 3, pixels.data(), 6);
    stbi_write_bmp_to_func(append, &files["a.bmp"], 2, 2, 3, pixels.data());
    stbi_write_jpg_to_func(append, &files["a.jpg"], 2, 2, 3, pixels.data(), 100);
    files["a.ppm"] = "P6\n# a comment\n2 2\n255\n" + std::string(pixels.begin(), pixels.end());
    const auto read_all = [&] { return read(folder, R"({"images": "set", "size": [2, 2]})"); };
    for (const auto& [name, content] : files) {
        INFO(name);
        std::filesystem::remove_all(folder.path() / "set");
        folder.write("set/a/" + name, content);
        folder.write("set/b/" + name, content);
        const DataSet data = read_all();
        REQUIRE(data.size() == 2);
        CHECK(data.values[0] == Approx(10).margin(name == "a.jpg" ? 12 : 0));
        CHECK(data.values[11] == Approx(120).margin(name == "a.jpg" ? 12 : 0));
        for (std::size_t size = 0; size + 2 <= content.size(); size += 1 + size / 16) {
            folder.write("set/b/" + name, content.substr(0, size));
            CHECK_THROWS_AS(read_all(), Error);
        }
    }
}

TEST_CASE("broken images and empty classes are all named", "[evaluators][data]") {
    const TemporaryFolder folder;
    folder.write("set/a/broken.png", "no image");
    folder.write("set/a/cut.ppm", "P6 9 9 255\nshort");
    std::filesystem::create_directories(folder.path() / "set/b");
    try {
        read(folder, R"({"images": "set", "size": [2, 2]})");
        FAIL("no fault was found");
    } catch (const Error& error) {
        CHECK_THAT(error.what(), Contains("broken.png") && Contains("cut.ppm"));
        CHECK_THAT(error.what(), Contains("has no images"));
    }
}

TEST_CASE("a limit takes every class in proportion", "[evaluators][data]") {
    const TemporaryFolder folder;
    std::string content;
    for (int i = 0; i < 100; ++i)
        content += std::to_string(i) + "," + (i % 4 == 0 ? "1" : "0") + "\n";
    folder.write("a.csv", content);
    const DataSet data = read(folder, R"({"csv": "a.csv", "limit": 20})");
    REQUIRE(data.size() == 20);
    CHECK(std::count(data.labels.begin(), data.labels.end(), 1) == 5);
    for (std::size_t i = 0; i < data.size(); ++i)
        CHECK((static_cast<int>(data.values[i]) % 4 == 0) == (data.labels[i] == 1));
    CHECK(read(folder, R"({"csv": "a.csv", "limit": 20})").values == data.values);
    CHECK(read(folder, R"({"csv": "a.csv", "limit": 1000})").size() == 100);
}

TEST_CASE("wrong data options are faults, all at once", "[evaluators][data]") {
    const TemporaryFolder folder;
    CHECK_THROWS_WITH(read(folder, "{}"), Contains("/data: expected exactly one of"));
    CHECK_THROWS_WITH(read(folder, R"({"csv": "a", "images": "b"})"), Contains("found 2"));
    CHECK_THROWS_WITH(read(folder, R"({"csv": "a", "label": -1, "shape": [0], "limt": 5})"),
                      Contains("/data/label") && Contains("/data/shape") && Contains("'limit'"));
    CHECK_THROWS_WITH(read(folder, R"({"images": "a", "size": [2], "channels": 2})"),
                      Contains("/data/size") && Contains("/data/channels"));
    CHECK_THROWS_WITH(read(folder, R"({"cifar10": [1]})"), Contains("a list of paths"));
    CHECK_THROWS_WITH(read(folder, R"({"csv": "a", "header": false, "label": "x"})"),
                      Contains("header is false"));
}
