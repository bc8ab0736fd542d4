// SPDX-License-Identifier: Apache-2.0
#include <parnas/plugin.hpp>
using namespace parnas::plugin;

struct ConvNet : Space {
    Json document() override {
        return {
            {"name", "convnet@1"},
            {"params", {{"depth", {{"integer", {1, 4}}}}, {"width", {{"one_of", {8, 16, 32}}}}}}};
    }
    Json decode(const Json& values) override {
        Network network({1, 8, 8});
        for (int i = 0; i < values["depth"]; ++i)
            network.add("conv", {{"out", values["width"]}, {"kernel", 3}, {"padding", 1}})
                .add("norm")
                .add("activation");
        return network.add("global_pool").add("linear", {{"out", 10}}).json();
    }
};
PARNAS_PLUGIN(ConvNet)
