// SPDX-License-Identifier: Apache-2.0
#include "hw_models/measuring/setting.h"

#include <fstream>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "spaces/dtype.h"

namespace parnas::hw_models {
namespace {

std::string_view word_of(ObjectReader& options,
                         std::string_view key,
                         std::initializer_list<std::string_view> words) {
    return *std::next(words.begin(),
                      static_cast<std::ptrdiff_t>(options.word(key, words, *words.begin())));
}

}  // namespace

RuntimeSetting read_setting(ObjectReader& options, const RuntimeAbilities& abilities) {
    RuntimeSetting setting;
    setting.threads = static_cast<int>(options.integer("threads", setting.threads, {1, 1024}));
    setting.batch = options.integer("batch", setting.batch, {1, 65'536});
    const std::string_view dtype = word_of(options, "dtype", abilities.dtypes);
    setting.dtype = dtype == "fp16"   ? spaces::DType::fp16
                    : dtype == "bf16" ? spaces::DType::bf16
                    : dtype == "int8" ? spaces::DType::int8
                                      : spaces::DType::fp32;
    setting.layout =
        word_of(options, "layout", abilities.layouts) == "nhwc" ? Layout::nhwc : Layout::nchw;
    return setting;
}

Target host_target(std::string_view name, std::string version, const RuntimeSetting& setting) {
    return {.name = fmt::format("host/{}/{}t/{}/{}/b{}",
                                name,
                                setting.threads,
                                spaces::to_string(setting.dtype),
                                to_string(setting.layout),
                                setting.batch),
            .hardware = cpu_name(),
            .runtime = std::move(version),
            .threads = setting.threads,
            .dtype = setting.dtype,
            .batch = setting.batch,
            .layout = setting.layout};
}

std::string cpu_name() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("model name"))
            if (const std::size_t colon = line.find(": "); colon != std::string::npos)
                return line.substr(colon + 2);
    return "unknown CPU";
}

}  // namespace parnas::hw_models
