// SPDX-License-Identifier: Apache-2.0
#include "evaluators/engines/onnxruntime.h"

#include <cstdlib>
#include <dlfcn.h>

#include <fmt/format.h>

#include "core/error.h"
#include "evaluators/engines/ort_api.h"

namespace parnas::evaluators {
namespace {

using spaces::onnx::OnnxModel;
using spaces::onnx::Tensor;

// Throws Error(invalid_input) with ONNX Runtime's words unless `status` says that all went well.
void expect(const ort::Api& api, ort::Status* status) {
    if (status == nullptr)
        return;
    const std::string message = api.error_message()(status);
    api.release(status);
    throw Error(ErrorKind::invalid_input, "ONNX Runtime: " + message);
}

std::vector<const char*> pointers(const std::vector<std::string>& names) {
    std::vector<const char*> list;
    for (const std::string& name : names)
        list.push_back(name.c_str());
    return list;
}

class OrtSession final : public spaces::onnx::Session {
  public:
    OrtSession(const ort::Api& api, const ort::Env* env, const OnnxModel& model, int threads)
        : api_(api),
          input_names_(model.inputs),
          output_names_(model.outputs),
          inputs_(pointers(input_names_)),
          outputs_(pointers(output_names_)),
          session_(api),
          memory_(api) {
        ort::Owned<ort::SessionOptions> options(api);
        expect(api, api.create_session_options()(options.to_fill()));
        expect(api, api.set_threads()(options.get(), threads));
        expect(api,
               api.create_session()(
                   env, model.bytes.data(), model.bytes.size(), options.get(), session_.to_fill()));
        expect(api,
               api.create_cpu_memory_info()(
                   ort::AllocatorType::arena, ort::MemoryType::standard, memory_.to_fill()));
    }

    void set_inputs(std::span<const Tensor> inputs) override {
        check(inputs.size() == inputs_.size(), "a session gets all its inputs");
        given_.assign(inputs.begin(), inputs.end());
        input_values_.clear();
        for (Tensor& tensor : given_)
            input_values_.push_back(make_value(tensor));
    }

    void run() override {
        std::vector<const ort::Value*> inputs;
        for (const auto& value : input_values_)
            inputs.push_back(value.get());
        std::vector<ort::Value*> results(outputs_.size(), nullptr);
        ort::Status* status = api_.run()(session_.get(),
                                         nullptr,
                                         inputs_.data(),
                                         inputs.data(),
                                         inputs.size(),
                                         outputs_.data(),
                                         outputs_.size(),
                                         results.data());
        results_.clear();
        for (ort::Value* result : results) {
            results_.emplace_back(api_);
            *results_.back().to_fill() = result;
        }
        expect(api_, status);
    }

    std::vector<Tensor> outputs() const override {
        std::vector<Tensor> tensors;
        for (const auto& result : results_)
            tensors.push_back(read(result.get()));
        return tensors;
    }

  private:
    // A view of the tensor's memory.
    ort::Owned<ort::Value> make_value(Tensor& tensor) const {
        ort::Owned<ort::Value> value(api_);
        std::visit(
            [&]<typename T>(std::vector<T>& values) {
                expect(api_,
                       api_.create_tensor()(memory_.get(),
                                            values.data(),
                                            values.size() * sizeof(T),
                                            tensor.shape.data(),
                                            tensor.shape.size(),
                                            std::is_same_v<T, float> ? ort::ElementType::fp32
                                                                     : ort::ElementType::int64,
                                            value.to_fill()));
            },
            tensor.values);
        return value;
    }

    Tensor read(ort::Value* value) const {
        ort::Owned<ort::ShapeInfo> info(api_);
        expect(api_, api_.shape_info()(value, info.to_fill()));
        std::size_t rank = 0;
        expect(api_, api_.rank()(info.get(), &rank));
        Tensor tensor;
        tensor.shape.resize(rank);
        expect(api_, api_.dimensions()(info.get(), tensor.shape.data(), rank));
        std::size_t size = 1;
        for (const std::int64_t extent : tensor.shape)
            size *= static_cast<std::size_t>(extent);
        ort::ElementType type{};
        expect(api_, api_.element_type()(info.get(), &type));
        void* data = nullptr;
        expect(api_, api_.data()(value, &data));
        if (type == ort::ElementType::int64)
            tensor.values = copy(static_cast<const std::int64_t*>(data), size);
        else
            tensor.values = copy(static_cast<const float*>(data), size);
        return tensor;
    }

    template <typename T>
    static std::vector<T> copy(const T* data, std::size_t size) {
        return {data, data + size};
    }

    const ort::Api& api_;
    const std::vector<std::string> input_names_;
    const std::vector<std::string> output_names_;
    const std::vector<const char*> inputs_;
    const std::vector<const char*> outputs_;
    ort::Owned<ort::Session> session_;
    ort::Owned<ort::MemoryInfo> memory_;
    std::vector<Tensor> given_;
    std::vector<ort::Owned<ort::Value>> input_values_;  // views of given_
    std::vector<ort::Owned<ort::Value>> results_;
};

class OrtEngine final : public spaces::onnx::Engine {
  public:
    explicit OrtEngine(const ort::ApiBase& base)
        : title_(fmt::format("ONNX Runtime {}", base.version())), api_(base.api(ort::kApiVersion)) {
        if (api_ == nullptr)
            throw Error(ErrorKind::unavailable, title_ + " is older than 1.12");
        // Never released: the library has one for the process, whose threads may still run.
        expect(*api_, api_->create_env()(ort::LogLevel::error, "parnas", &env_));
    }

    const std::string& title() const override { return title_; }
    bool takes_any_batch() const override { return true; }

    std::unique_ptr<spaces::onnx::Session> load(const OnnxModel& model,
                                                int threads) const override {
        return std::make_unique<OrtSession>(*api_, env_, model, threads);
    }

  private:
    std::string title_;
    const ort::Api* api_;
    ort::Env* env_ = nullptr;
};

std::shared_ptr<const spaces::onnx::Engine> open_library(const std::filesystem::path& path) {
    if (path.empty() || !std::filesystem::exists(path))
        throw Error(ErrorKind::not_found,
                    "ONNX Runtime is not there: set PARNAS_ONNXRUNTIME to its libonnxruntime.so.1 "
                    "(npm install --ignore-scripts onnxruntime-node@1.20.1 brings "
                    "bin/napi-v3/linux/x64/libonnxruntime.so.1)",
                    path.string());
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr)
        throw Error(ErrorKind::unavailable,
                    fmt::format("ONNX Runtime does not load: {}", dlerror()),
                    path.string());
    using GetApiBase = const ort::ApiBase* (*)();
    const auto get = reinterpret_cast<GetApiBase>(dlsym(library, "OrtGetApiBase"));
    if (get == nullptr)
        throw Error(ErrorKind::unavailable,
                    "this file is not ONNX Runtime: it has no OrtGetApiBase",
                    path.string());
    return std::make_shared<OrtEngine>(*get());
}

}  // namespace

std::filesystem::path onnxruntime_path() {
    const char* path = std::getenv("PARNAS_ONNXRUNTIME");
    return path == nullptr ? std::filesystem::path() : std::filesystem::path(path);
}

std::shared_ptr<const spaces::onnx::Engine> make_onnxruntime_engine() {
    return open_library(onnxruntime_path());
}

}  // namespace parnas::evaluators
