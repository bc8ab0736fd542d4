// SPDX-License-Identifier: Apache-2.0
#include "cli/engines.h"

#include "cli/module_file.h"
#include "evaluators/engines/onnxruntime.h"

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

}  // namespace

void add_engines(search::Registries& registries) {
    if (std::filesystem::exists(path_of(kOpencv)))
        open_module(kOpencv, registries);
    if (!evaluators::onnxruntime_path().empty())
        registries.engines.add("onnxruntime", evaluators::make_onnxruntime_engine);
}

}  // namespace parnas::cli
