// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <stop_token>
#include <vector>

#include "hw_models/fitting/feature_scale.h"
#include "hw_models/fitting/feature_schema.h"
#include "hw_models/fitting/latency_predictor.h"
#include "spaces/network.h"

namespace parnas::hw_models {

// What a latency is fitted on where the network is all that is known. Of its kernels, by kind:
//
//   kinds    how many
//   work     millions of multiply-adds
//   traffic  millions of bytes read and written
//   bounds   millions of sums over kernels of max(multiply-adds, bytes * balance), for four
//            balances between a machine's arithmetic and its memory (as a roofline has one)
//   totals   kernels, multiply-adds, bytes, bytes of weights, square roots of multiply-adds
//   unneeded kinds and work of what no output needs, a zero cutting the way (a runtime that
//            removes dead branches does not run it), negative
//   folded   the same of what is zero for every input besides
//   *_once   the first five, of networks in which equal values are computed once
//            (spaces/equal_values.h)
//
// So what a runtime leaves out is a matter of weights, which are learned.
const FeatureSchema& network_schema();

// A row for each network. Some 15 microseconds for 100 nodes. Throws Error(invalid_input) for
// a network that is not valid and Error(unavailable) when stopped.
FeatureRows network_features(std::span<const spaces::Network* const> networks,
                             const std::stop_token& stop);

// Block by block, what known targets say, and everything; and the same of what is run once, if
// networks of the space, whose rows' statistics `reference` begins with, have repetitions.
PredictorOptions network_predictor_options(const FeatureStatistics& reference);

}  // namespace parnas::hw_models
