// SPDX-License-Identifier: Apache-2.0
#include "tests/api/plugin/sample_parts.h"

int main() {
    using namespace sample;
    return parnas::plugin::serve<Depths, Template, Twice, Score, Curve, Random, Board, Stretch>();
}
