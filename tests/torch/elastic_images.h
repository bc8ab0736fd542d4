// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "tests/search/elastic_space.h"
#include "tests/search/read_space.h"

namespace parnas::tests {

// On images of 6 x 6 pixels, with everything that is elastic.
inline std::unique_ptr<spaces::SearchSpace> small_elastic_space() {
    return read_space(R"(
name: small-elastic@1
input: {image: [1, {param: side}, {param: side}]}
output: {classes: 2}
params:
  side: {one_of: [4, 6], ordered: true}
  width: {one_of: [4, 8], ordered: true}
body:
  - conv: {name: stem, out: {expr: width}, norm: batch, act: relu}
  - repeat:
      name: stage
      times: {integer: [1, 2]}
      body:
        - choice:
            name: op
            options:
              - mbconv:
                  out: {expr: width}
                  kernel: {one_of: [3, 5], ordered: true}
                  expand: {one_of: [1, 2], ordered: true}
              - conv: {out: {expr: width}, norm: batch, act: relu}
  - head: {}
)");
}

}  // namespace parnas::tests
