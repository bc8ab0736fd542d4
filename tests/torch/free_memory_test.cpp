// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/free_memory.h"

#include "tests/support/catch.h"
#include "tests/torch/fixtures.h"

using parnas::evaluators::free_memory;

TEST_CASE("free memory is what the tightest control group leaves", "[torch][memory]") {
    const parnas::tests::TemporaryFolder root;
    CHECK(free_memory(root.path()) > std::int64_t{1} << 60);
    root.write("proc/meminfo", "MemTotal:  9000 kB\nMemAvailable:    8000 kB\n");
    CHECK(free_memory(root.path()) == 8000 * 1024);

    SECTION("version 2, with a limit above the own group") {
        root.write("proc/self/cgroup", "0::/jobs/mine\n");
        root.write("sys/fs/cgroup/jobs/memory.max", "5000\n");
        root.write("sys/fs/cgroup/jobs/memory.current", "3000\n");
        root.write("sys/fs/cgroup/jobs/memory.stat", "anon 2000\ninactive_file 500\n");
        root.write("sys/fs/cgroup/jobs/mine/memory.max", "max\n");
        root.write("sys/fs/cgroup/jobs/mine/memory.current", "100\n");
        CHECK(free_memory(root.path()) == 2500);
    }
    SECTION("version 1") {
        root.write("proc/self/cgroup", "5:cpu,cpuacct:/a\n4:memory:/a\n");
        root.write("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "7000\n");
        root.write("sys/fs/cgroup/memory/a/memory.usage_in_bytes", "6900\n");
        CHECK(free_memory(root.path()) == 100);
    }
}
