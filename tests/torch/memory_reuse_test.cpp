// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/memory_reuse.h"

#include <memory>
#include <sys/resource.h>
#include <thread>
#include <vector>

#include "tests/support/catch.h"

using namespace parnas::evaluators;

TEST_CASE("memory of one batch is taken again for the next", "[torch][memory]") {
#ifndef __GLIBC__
    WARN("skipped: only glibc is told");
    return;
#endif
    keep_freed_memory();
    const auto page_faults = [] {
        rusage usage{};
        getrusage(RUSAGE_THREAD, &usage);
        return usage.ru_minflt;
    };
    constexpr std::size_t kSize = 256 * 1024, kCount = 64;
    const auto use_batch = [] {
        std::vector<std::unique_ptr<char[]>> activations;
        for (std::size_t i = 0; i < kCount; ++i)
            activations.push_back(std::make_unique<char[]>(kSize));
    };
    long faults = 0;
    std::jthread([&] {  // workers have arenas of their own
        use_batch();
        const long before = page_faults();
        for (int i = 0; i < 10; ++i)
            use_batch();
        faults = page_faults() - before;
    })
        .join();
    // Of 10 x 64 x 64 pages that were written to.
    CHECK(faults < 4096);
}
