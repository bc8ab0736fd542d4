// SPDX-License-Identifier: Apache-2.0
#include "cli/engines.h"

#include "cli/module_file.h"
#include "evaluators/engines/onnxruntime.h"
#ifdef PARNAS_ONNX
#include "evaluators/engines/runtime.h"
#endif

namespace parnas::cli {
namespace {

constexpr ModuleFile kOpencv{
    .name = "libparnas_opencv.so",
    .variable = "PARNAS_OPENCV_MODULE",
    .entry = "parnas_opencv_register",
    .missing =
        "the OpenCV module is not there: build parnas with -DPARNAS_OPENCV=ON (Debian: apt "
        "install libopencv-dnn-dev), or set PARNAS_OPENCV_MODULE to libparnas_opencv.so",
    .broken = "install the OpenCV that it was built with (Debian: apt install libopencv-dnn406)"};

// Opens the module, which has one engine.
std::shared_ptr<const spaces::onnx::Engine> open_opencv() {
    search::Registries of_module;
    open_module(kOpencv, of_module);
    return of_module.engines.find("opencv")();
}

}  // namespace

void add_engines(search::Registries& registries) {
    const auto add = [&](const std::string& name, const spaces::onnx::EngineFactory& open) {
        registries.engines.add(name, open);
#ifdef PARNAS_ONNX
        registries.runtimes->add(name,
                                 [name, open](ObjectReader& options, const std::filesystem::path&) {
                                     return evaluators::make_engine_runtime(name, open(), options);
                                 });
#endif
    };
    add("opencv", open_opencv);
    add("onnxruntime", evaluators::make_onnxruntime_engine);
}

}  // namespace parnas::cli
