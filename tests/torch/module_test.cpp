// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/module.h"

#include <dlfcn.h>

#include "core/error.h"
#include "search/registries.h"
#include "tests/support/catch.h"
#include "tests/support/networks.h"

using namespace parnas;

TEST_CASE("the module adds what it has to the registries", "[torch][module]") {
    // Never closed: its code may still run.
    void* module = dlopen(PARNAS_TORCH_MODULE, RTLD_NOW | RTLD_LOCAL);
    INFO((module == nullptr ? dlerror() : "opened"));
    REQUIRE(module != nullptr);
    const auto enter =
        reinterpret_cast<decltype(&parnas_torch_register)>(dlsym(module, "parnas_torch_register"));
    REQUIRE(enter != nullptr);

    search::Registries registries;
    enter(&registries);
    CHECK(registries.evaluators.names() == std::vector<std::string>{"training", "zero_cost"});
    CHECK(registries.runtimes->names() == std::vector<std::string>{"libtorch", "libtorch-frozen"});
#ifdef PARNAS_ONNX
    CHECK(registries.exporters.names() == std::vector<std::string>{"onnx", "torchscript"});
#else
    CHECK(registries.exporters.names() == std::vector<std::string>{"torchscript"});
#endif

    // Its errors are this program's errors.
    CHECK_THROWS_AS(enter(&registries), Error);
    const spaces::Network network = tests::small_mlp(2, 2, 2);
    CHECK_THROWS_AS(registries.exporters.find("torchscript")()->write(
                        {.network = network, .description = "{}"}, "a.pt"),
                    Error);
}
