// SPDX-License-Identifier: Apache-2.0
#include "evaluators/opencv/module.h"

#include "evaluators/opencv/opencv.h"
#include "search/registries.h"

void parnas_opencv_register(parnas::search::Registries* registries) {
    registries->engines.add("opencv", parnas::evaluators::make_opencv_engine);
}
