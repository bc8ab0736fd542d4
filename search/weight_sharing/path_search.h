// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/registry.h"
#include "search/strategy.h"
#include "search/weight_sharing/path_epoch.h"

namespace parnas::search {

struct PlannedEpoch {
    std::string phase;  // "kernel"
    PathEpoch settings;
};

// Trains a supernet epoch by epoch as planned, then proposes what `search` proposes, to be
// scored with the weights of the last epoch.
std::unique_ptr<Strategy> make_path_search(std::vector<PlannedEpoch> plan,
                                           std::unique_ptr<Strategy> search,
                                           const spaces::SearchSpace& space);

// What both strategies that train paths read: how to train.
//
//     lr, momentum, weight_decay, clip, label_smoothing, batch
//
// `defaults` where nothing is said.
PathEpoch read_path_training(ObjectReader& options, PathEpoch defaults);

// Adds a fault unless the space has a template, which a supernet is made from.
void need_template(ObjectReader& options, const spaces::SearchSpace& space);

// Half a cosine from 1 to 0 over `epochs`, in the middle of epoch `epoch`.
double cosine_share(std::int64_t epoch, std::int64_t epochs);

}  // namespace parnas::search
