// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <fmt/format.h>

#include "tests/evaluators/files.h"
#include "tests/support/temporary_folder.h"

namespace parnas::tests {

// Tables of all networks in which accuracy and latency grow with the sum of the digits: every
// sum is on the front, with its 25 values.
inline void write_nb201_tables(const TemporaryFolder& folder) {
    std::string accuracy =
        "index,ops,c10_val12,c100_val12,in16_val12,c10_test200,c100_test200,in16_test200,"
        "c10_val200,c100_val200,in16_val200,c10_train_s_per_epoch,c100_train_s_per_epoch,"
        "in16_train_s_per_epoch\n";
    std::string latency =
        "index,help_raspi4_ms,help_gold_6226_ms,help_fpga_ms,help_eyeriss_ms,help_pixel3_ms,"
        "help_titan_rtx_256_ms\n";
    for (int index = 0; index < 15'625; ++index) {
        std::string ops;
        int sum = 0;
        for (int rest = index, i = 0; i < 6; ++i, rest /= 5) {
            ops += static_cast<char>('0' + rest % 5);
            sum += rest % 5;
        }
        const int percent = 50 + 2 * sum;
        accuracy += fmt::format("{0},{1},{2},{2},{2},{3},{3},{3},{2},{2},{2},100,200,600\n",
                                index,
                                ops,
                                percent,
                                percent - 1);
        latency += fmt::format("{0},{1},{1},{1},{1},{1},{1}\n", index, 1 + sum);
    }
    write_gzip(folder / "nb201_accuracy.csv.gz", accuracy);
    write_gzip(folder / "nb201_latency.csv.gz", latency);
}

}  // namespace parnas::tests
