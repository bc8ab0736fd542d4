// SPDX-License-Identifier: Apache-2.0
// Facts of public data sets, where a folder with them lies beside the source tree.
#include <algorithm>
#include <numeric>
#include <optional>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "evaluators/data/data_set.h"
#include "tests/support/catch.h"
#include "tests/support/repository.h"

using namespace parnas;

namespace {

const std::filesystem::path kFolder = tests::repository() / "../shared/data";

std::optional<evaluators::DataSet> read(const Json& options) {
    if (!std::filesystem::exists(kFolder)) {
        WARN("skipped: no folder " << kFolder);
        return std::nullopt;
    }
    Faults faults;
    ObjectReader reader(options, "/data", faults);
    evaluators::DataSet data = evaluators::read_data_set(reader, kFolder);
    faults.throw_if_any();
    return data;
}

}  // namespace

TEST_CASE("MNIST has its known mean and first labels", "[evaluators][data][slow]") {
    const auto data = read({{"idx",
                             {{"images", "mnist_train-images-idx3-ubyte.gz"},
                              {"labels", "mnist_train-labels-idx1-ubyte.gz"}}}});
    if (!data)
        return;
    CHECK(data->size() == 60000);
    CHECK(data->shape == spaces::Shape{1, 28, 28});
    CHECK(data->classes == 10);
    const double sum = std::accumulate(data->values.begin(), data->values.end(), 0.0);
    CHECK(sum / static_cast<double>(data->values.size()) == Approx(33.3184).epsilon(1e-5));
    CHECK(std::vector(data->labels.begin(), data->labels.begin() + 5) ==
          std::vector<std::int32_t>{5, 0, 4, 1, 9});
}

TEST_CASE("UCI digits have 1797 samples of 64 features", "[evaluators][data]") {
    const auto data = read({{"csv", "uci_digits.csv.gz"}, {"shape", {1, 8, 8}}});
    if (!data)
        return;
    CHECK(data->size() == 1797);
    CHECK(data->shape == spaces::Shape{1, 8, 8});
    CHECK(data->classes == 10);
    CHECK(*std::max_element(data->values.begin(), data->values.end()) == 16.0F);
}

TEST_CASE("CIFAR-10's test records are class-balanced", "[evaluators][data]") {
    const auto data = read({{"cifar10", {"cifar10_lossy_test_2000.bin.gz"}}});
    if (!data)
        return;
    CHECK(data->size() == 2000);
    for (int label = 0; label < 10; ++label)
        CHECK(std::count(data->labels.begin(), data->labels.end(), label) == 200);
}
