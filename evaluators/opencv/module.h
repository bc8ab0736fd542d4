// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace parnas::search {
struct Registries;
}

// The OpenCV module's only entry, found by name when libparnas_opencv.so is opened. Adds the
// inference engine "opencv". Throws Error(conflict) if the name is taken.
extern "C" __attribute__((visibility("default"))) void parnas_opencv_register(
    parnas::search::Registries* registries);
