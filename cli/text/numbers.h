// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/scalar.h"
#include "core/trial.h"

namespace parnas::cli {

// Numbers for people: four significant digits, whole numbers below 100,000 in full, larger
// ones with k, M, G or T: "0.9312", "42", "12.35M".
std::string short_number(double value);
// "0.42 s", "12.3 s", "3 min 20 s", "2 h 5 min", "3 d 4 h".
std::string short_duration(Seconds duration);
// "512 B", "1.5 KiB", "22.9 GiB".
std::string short_bytes(std::uintmax_t bytes);
// A cell of a table; nothing is "-".
std::string short_text(const Scalar& value);

// A metric's name with its unit set apart: "latency (ms)", "peak memory (bytes)", "accuracy".
std::string metric_label(std::string_view metric);

}  // namespace parnas::cli
