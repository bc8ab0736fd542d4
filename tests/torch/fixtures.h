// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "core/rng.h"
#include "spaces/search_space.h"
#include "tests/support/temporary_folder.h"

namespace parnas::tests {

// Two Gaussian clouds around (-2, -2) and (2, 2): "x,y,label" lines.
inline std::string two_blobs(int samples) {
    Rng rng(7);
    std::string text;
    for (int i = 0; i < samples; ++i) {
        const double centre = i % 2 == 0 ? -2.0 : 2.0;
        text += std::to_string(centre + rng.normal()) + "," +
                std::to_string(centre + rng.normal()) + "," + std::to_string(i % 2) + "\n";
    }
    return text;
}

// 6 x 6 pixels with a bright left or right half: "pixel,...,label" lines.
inline std::string bright_halves(int samples) {
    Rng rng(3);
    std::string text;
    for (int i = 0; i < samples; ++i) {
        for (int pixel = 0; pixel < 36; ++pixel)
            text +=
                std::to_string(rng.uniform() + ((pixel % 6 < 3) == (i % 2 == 0) ? 1.0 : 0.0)) + ",";
        text += std::to_string(i % 2) + "\n";
    }
    return text;
}

// A space with one point.
class OnePoint final : public spaces::SearchSpace {
  public:
    explicit OnePoint(spaces::Network network, Assignment values = {})
        : decoded_{std::make_shared<spaces::Network>(std::move(network)), std::move(values)} {}

    std::string_view name() const override { return "one-point@1"; }
    std::string_view document() const override { return "{}"; }
    std::span<const spaces::Param> params() const override { return {}; }
    spaces::Decoded decode(const Genotype&) const override { return decoded_; }
    const spaces::Decoded& decoded() const { return decoded_; }

  private:
    spaces::Decoded decoded_;
};

}  // namespace parnas::tests
