// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include "core/object_reader.h"
#include "evaluators/evaluator.h"

namespace parnas::evaluators {

// Trains a candidate's network and scores it on validation data. The data says what it learns
// (task.h): labels, the next values of a series, the next character of a text, nodes of a graph.
//
//     evaluator:
//       type: training
//       data: {...}                    see read_data
//       split: {validation, test, seed}
//       normalize: true                per channel, by the training part; kept with the weights
//       device: cpu                    or cuda; results differ a little between the two
//       recalibration: {images: 1024}  for inherited weights, see below
//       ...                            how to train: see training_options.h
//
// A space's `training` section may set hyperparameters by name: see with_values. Metrics: the
// task's (validation), train_loss, train_seconds; a finalist also has the test part's, with
// "test_" before, and no other trial touches test data. At fidelity f it trains for
// ceil(f x epochs) epochs, and the learning rate's schedule spans those. Before it starts
// it compares the memory that it needs with what is free. Const and thread-safe: one copy
// of the data serves all workers.
//
// A candidate that starts from a supernet's checkpoint is not trained: it gets the weights
// that it inherits and statistics of batch norm from `recalibration.images` training images,
// and is scored. A finalist that does is trained from there.
//
// Throws what read_data throws; null after faults.
std::unique_ptr<Evaluator> make_training_evaluator(ObjectReader& options,
                                                   const std::filesystem::path& base);

}  // namespace parnas::evaluators
