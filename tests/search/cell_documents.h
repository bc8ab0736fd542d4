// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/error.h"
#include "spaces/supernet.h"
#include "tests/search/read_space.h"

// Small spaces of cells, as documents.
namespace parnas::tests {

// Three nodes that read all nodes before them: none, skip, conv or pool on each of six edges.
// `more`: further sections of the document.
inline std::unique_ptr<spaces::SearchSpace> dense_cells(const std::string& more = "") {
    return read_space(R"(
name: dense@1
input: {image: [1, 8, 8]}
output: {classes: 2}
body:
  - conv: {name: stem, out: 4, norm: batch}
  - cell:
      name: cell
      nodes: 3
      edge:
        - zero: {name: none}
        - identity: {name: skip}
        - conv: {out: 4, norm: batch}
        - pool: {kernel: 3, stride: 1, padding: 1}
  - head: {}
)" + more);
}

// Two nodes that take two of their inputs: skip, conv or pool.
inline std::unique_ptr<spaces::SearchSpace> taking_cells() {
    return read_space(R"(
name: taking@1
input: {image: [1, 8, 8]}
output: {classes: 2}
body:
  - conv: {name: stem, out: 4, norm: batch}
  - cell:
      name: cell
      inputs: 2
      nodes: 2
      take: 2
      combine: concat
      edge:
        - identity: {name: skip}
        - conv: {out: 4, norm: batch}
        - pool: {kernel: 3, stride: 1, padding: 1}
  - head: {}
)");
}

inline spaces::ParamIndex index_of(const spaces::SearchSpace& space, std::string_view name) {
    for (spaces::ParamIndex i = 0; i < space.params().size(); ++i)
        if (space.params()[i].name == name)
            return i;
    throw Error(ErrorKind::not_found, "no parameter is named '" + std::string(name) + "'");
}

// What the genotype says of the parameter.
inline std::string chosen(const spaces::SearchSpace& space,
                          const Genotype& genotype,
                          std::string_view name) {
    const spaces::ParamIndex index = index_of(space, name);
    return to_string(spaces::to_scalar(space.params()[index].domain, genotype.values[index]));
}

}  // namespace parnas::tests
