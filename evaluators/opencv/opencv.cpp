// SPDX-License-Identifier: Apache-2.0
#include "evaluators/opencv/opencv.h"

#include <algorithm>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/dnn.hpp>

#include <fmt/format.h>

#include "core/error.h"

namespace parnas::evaluators {
namespace {

using spaces::onnx::OnnxModel;
using spaces::onnx::Tensor;

// Calls OpenCV; its errors become Error(invalid_input) with its words.
template <typename Function>
auto guarded(const Function& function) {
    try {
        return function();
    } catch (const cv::Exception& error) {
        std::string message = error.err;
        std::ranges::replace(message, '\n', ' ');
        throw Error(ErrorKind::invalid_input,
                    fmt::format("OpenCV: {} (in {})", message, error.func));
    }
}

cv::Mat to_blob(const Tensor& tensor) {
    const std::vector<int> sizes(tensor.shape.begin(), tensor.shape.end());
    cv::Mat blob(sizes, CV_32F);
    std::visit(
        [&](const auto& values) {
            std::ranges::transform(
                values, blob.ptr<float>(), [](auto value) { return static_cast<float>(value); });
        },
        tensor.values);
    return blob;
}

Tensor to_tensor(const cv::Mat& given) {
    const cv::Mat blob = given.isContinuous() ? given : given.clone();
    if (blob.type() != CV_32F)
        throw Error(ErrorKind::invalid_input, "OpenCV: an output has no 32-bit floats");
    Tensor tensor;
    for (int i = 0; i < blob.dims; ++i)
        tensor.shape.push_back(blob.size[i]);
    tensor.values = std::vector<float>(blob.ptr<float>(), blob.ptr<float>() + blob.total());
    return tensor;
}

class OpencvSession final : public spaces::onnx::Session {
  public:
    OpencvSession(const OnnxModel& model, int threads)
        : inputs_(model.inputs),
          outputs_(model.outputs.begin(), model.outputs.end()),
          threads_(threads),
          net_(cv::dnn::readNetFromONNX(model.bytes.data(), model.bytes.size())) {
        net_.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
        net_.setPreferableTarget(cv::dnn::DNN_TARGET_CPU);
    }

    void set_inputs(std::span<const Tensor> inputs) override {
        check(inputs.size() == inputs_.size(), "a session gets all its inputs");
        blobs_.clear();
        for (const Tensor& tensor : inputs)
            blobs_.push_back(to_blob(tensor));
    }

    void run() override {
        guarded([&] {
            if (cv::getNumThreads() != threads_)
                cv::setNumThreads(threads_);
            for (std::size_t i = 0; i < blobs_.size(); ++i)
                net_.setInput(blobs_[i], inputs_[i]);
            net_.forward(results_, outputs_);
        });
    }

    std::vector<Tensor> outputs() const override {
        std::vector<Tensor> tensors;
        for (const cv::Mat& result : results_)
            tensors.push_back(to_tensor(result));
        return tensors;
    }

  private:
    const std::vector<std::string> inputs_;
    const std::vector<cv::String> outputs_;
    int threads_;
    cv::dnn::Net net_;
    std::vector<cv::Mat> blobs_;
    std::vector<cv::Mat> results_;
};

class OpencvEngine final : public spaces::onnx::Engine {
  public:
    OpencvEngine() : title_("OpenCV " CV_VERSION) {
        // It writes what it throws to the terminal too.
        cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
    }

    const std::string& title() const override { return title_; }
    // 4.6 takes a batch of any size for one of 1 when it joins layers.
    bool takes_any_batch() const override { return false; }

    std::unique_ptr<spaces::onnx::Session> load(const OnnxModel& model,
                                                int threads) const override {
        if (model.counts_padding)
            throw Error(ErrorKind::invalid_input,
                        "OpenCV: it leaves padded zeros out of averages that count them");
        return guarded([&] { return std::make_unique<OpencvSession>(model, threads); });
    }

  private:
    std::string title_;
};

}  // namespace

std::shared_ptr<const spaces::onnx::Engine> make_opencv_engine() {
    return std::make_shared<OpencvEngine>();
}

}  // namespace parnas::evaluators
