// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlfcn.h>
#include <memory>
#include <stdexcept>

#include "evaluators/engines/onnxruntime.h"
#include "evaluators/opencv/module.h"
#include "search/registries.h"
#include "spaces/onnx/engine.h"

namespace parnas::tests {

using EnginePointer = std::shared_ptr<const spaces::onnx::Engine>;

// Null if parnas was built without it.
inline EnginePointer opencv_engine() {
#ifdef PARNAS_OPENCV_MODULE
    void* module = dlopen(PARNAS_OPENCV_MODULE, RTLD_NOW | RTLD_LOCAL);
    if (module == nullptr)
        throw std::runtime_error(dlerror());
    const auto enter = reinterpret_cast<decltype(&parnas_opencv_register)>(
        dlsym(module, "parnas_opencv_register"));
    if (enter == nullptr)
        throw std::runtime_error("the OpenCV module has no entry");
    search::Registries registries;
    enter(&registries);
    return registries.engines.find("opencv")();
#else
    return nullptr;
#endif
}

// Null if $PARNAS_ONNXRUNTIME is not set.
inline EnginePointer onnxruntime_engine() {
    return evaluators::onnxruntime_path().empty() ? nullptr : evaluators::make_onnxruntime_engine();
}

}  // namespace parnas::tests
