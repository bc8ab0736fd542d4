// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "tests/search/read_space.h"

namespace parnas::tests {

// Everything that progressive shrinking opens, on small images.
inline std::unique_ptr<spaces::SearchSpace> elastic_space() {
    return read_space(R"(
name: elastic@1
input: {image: [1, {param: side}, {param: side}]}
output: {classes: 10}
params: {side: {one_of: [6, 8], ordered: true}}
body:
  - conv: {name: stem, out: 8, stride: 2, norm: batch, act: relu}
  - repeat:
      name: stage
      times: {integer: [1, 3]}
      body:
        - choice:
            name: op
            options:
              - mbconv:
                  out: 8
                  kernel: {one_of: [3, 5, 7], ordered: true}
                  expand: {one_of: [1, 2, 3, 4], ordered: true}
              - conv: {out: 8, norm: batch, act: relu}
  - head: {}
training: {lr: {real: [0.01, 0.1], log: true}}
)");
}

// Four choices with four options each.
inline std::unique_ptr<spaces::SearchSpace> chain_space() {
    return read_space(R"(
name: chain@1
input: {image: [1, 8, 8]}
output: {classes: 10}
body:
  - conv: {name: stem, out: 4, norm: batch, act: relu}
  - repeat:
      name: layer
      times: 4
      body:
        - choice:
            name: op
            options:
              - identity: {name: skip}
              - conv: {name: small, out: 4, kernel: 1, norm: batch, act: relu}
              - conv: {name: medium, out: 4, kernel: 3, norm: batch, act: relu}
              - conv: {name: large, out: 4, kernel: 5, norm: batch, act: relu}
  - head: {}
)");
}

}  // namespace parnas::tests
