// SPDX-License-Identifier: Apache-2.0
#include "tests/api/plugin/sample_parts.h"

PARNAS_PLUGIN(sample::Depths,
              sample::Template,
              sample::Twice,
              sample::Score,
              sample::Curve,
              sample::Random,
              sample::Board,
              sample::Stretch)
