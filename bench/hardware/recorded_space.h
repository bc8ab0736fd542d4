// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "hw_models/fitting/latency_predictor.h"

// Recorded latencies of whole spaces on many targets, as a fitted model takes them.
namespace parnas::bench {

using Devices = std::map<std::string, Eigen::VectorXd, std::less<>>;  // ms, by row

struct RecordedSpace {
    std::string name;
    hw_models::FeatureSchema schema;
    hw_models::FeatureRows rows;  // one per network
    hw_models::FeatureStatistics reference;
    hw_models::PredictorOptions options;
    Devices devices;
    std::vector<std::int64_t> classes;  // networks of one class are isomorphic; empty: unknown
    Eigen::VectorXd validation;         // accuracy, %; empty: unknown
    Eigen::VectorXd test;

    Eigen::Index size() const { return rows.rows(); }
};

// NAS-Bench-201 from nb201_accuracy.csv.gz and nb201_latency.csv.gz (HELP's 27 devices): counts of
// ops, of those that an output needs, ops by edge, products of counts.
RecordedSpace load_cells(const std::filesystem::path& folder);

// 5,000 networks of FBNet's space from fbnet_latency_help.csv.gz: ten sums over blocks, counts of
// ops, by stage and by position, products of five sums.
RecordedSpace load_fbnet(const std::filesystem::path& folder);

// 5,000 networks of OFA's MobileNetV3 from ofa_mbv3_latency_help.csv.gz: sums over blocks, the
// same by stage, the choices.
RecordedSpace load_ofa(const std::filesystem::path& folder);

// HAT's transformers on three targets: a space for each, hat_wmt14enfr_*.csv. Latencies of encoder
// and decoder together by products of depths and widths, as layers run one after the other.
std::vector<RecordedSpace> load_transformers(const std::filesystem::path& folder);

// Networks that a runtime folded to a constant: below a tenth of the device's median.
std::size_t count_folded(const Eigen::VectorXd& latency);

}  // namespace parnas::bench
