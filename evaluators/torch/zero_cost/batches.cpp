// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/zero_cost/batches.h"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "evaluators/torch/data_options.h"
#include "evaluators/torch/network_module.h"
#include "spaces/shapes.h"

namespace parnas::evaluators {
namespace {

constexpr std::size_t kFewest = 2;  // samples: a deviation over one says nothing

class DataBatches final : public Batches {
  public:
    explicit DataBatches(const TrainingData& data) : data_(data) {}

    std::optional<std::string> misfit(const spaces::SearchSpace& space,
                                      const spaces::Network& network) const override {
        return evaluators::misfit(space, network, data_);
    }

    std::vector<Samples> draw(const spaces::Network&,
                              std::size_t count,
                              std::int64_t size,
                              Rng& rng) const override {
        const auto available = static_cast<std::size_t>(data_.train.size());
        const std::size_t each = std::min(static_cast<std::size_t>(size), available / count);
        if (each < kFewest)
            throw Error(
                ErrorKind::invalid_input,
                fmt::format(
                    "scoring needs {} training samples, there are {}", kFewest * count, available));
        const std::vector<std::size_t> drawn = rng.sample(available, each * count);
        const std::vector<std::int64_t> indices(drawn.begin(), drawn.end());
        std::vector<Samples> batches;
        for (std::size_t i = 0; i < count; ++i)
            batches.push_back(
                make_batch(data_.train, std::span(indices).subspan(i * each, each), {}, rng));
        return batches;
    }

  private:
    const TrainingData& data_;
};

class RandomBatches final : public Batches {
  public:
    std::optional<std::string> misfit(const spaces::SearchSpace&,
                                      const spaces::Network& network) const override {
        if (network.inputs.size() != 1 || network.inputs[0].dtype == spaces::DType::int64 ||
            std::ranges::any_of(network.inputs[0].shape,
                                [](spaces::Dim dimension) { return dimension < 0; }))
            return "random samples need a network with one input of numbers of known shape";
        if (network.outputs.empty() || answer(network).size() != 1)
            return "random samples need a network whose answer is a vector";
        return std::nullopt;
    }

    std::vector<Samples> draw(const spaces::Network& network,
                              std::size_t count,
                              std::int64_t size,
                              Rng& rng) const override {
        const std::int64_t classes = answer(network).front();
        std::vector<Samples> batches;
        for (std::size_t i = 0; i < count; ++i) {
            const std::vector<at::Tensor> inputs =
                random_inputs(network, {.batch = size}, rng.next());
            const at::Tensor labels =
                at::empty({size}, at::kLong).random_(0, classes, make_generator(rng.next()));
            batches.push_back({inputs.front(), labels});
        }
        return batches;
    }

  private:
    static spaces::Shape answer(const spaces::Network& network) {
        return spaces::infer_shapes(network).at(static_cast<std::size_t>(network.outputs.back()));
    }
};

}  // namespace

std::unique_ptr<Batches> make_data_batches(const TrainingData& data) {
    return std::make_unique<DataBatches>(data);
}

std::unique_ptr<Batches> make_random_batches() {
    return std::make_unique<RandomBatches>();
}

}  // namespace parnas::evaluators
