// SPDX-License-Identifier: Apache-2.0
#include "cli/text/progress.h"

#include <sstream>

#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::cli;

TEST_CASE("progress tells rate and time left", "[cli][progress]") {
    CHECK(progress_text({.finished = 37,
                         .at_start = 17,
                         .failed = 2,
                         .front = 7,
                         .budget = 120,
                         .elapsed = Seconds(4)}) ==
          "37 of 120 trials (30 %), 5 per second, 16.6 s left, front 7, failed 2");
}

TEST_CASE("progress tells how many trials were stopped early", "[cli][progress]") {
    CHECK(progress_text({.finished = 5, .at_start = 5, .failed = 1, .pruned = 3, .front = 2}) ==
          "5 trials, front 2, pruned 3, failed 1");
}

TEST_CASE("progress tells what was measured, and what was not", "[cli][progress]") {
    CHECK(progress_text({.finished = 5, .at_start = 5, .measured = 3, .refused = 1}) ==
          "5 trials, measured 3, not measured 1 (the machine is busy)");
}

TEST_CASE("slow trials are told by their duration", "[cli][progress]") {
    CHECK(progress_text({.finished = 2, .budget = 4, .elapsed = Seconds(120)}) ==
          "2 of 4 trials (50 %), 1 min per trial, 2 min left");
}

TEST_CASE("a search with more trials than its budget is done", "[cli][progress]") {
    CHECK(progress_text({.finished = 70, .at_start = 70, .budget = 60}) ==
          "70 of 60 trials (100 %)");
}

TEST_CASE("without a budget or a finished trial nothing is guessed", "[cli][progress]") {
    CHECK(progress_text({.finished = 5, .at_start = 5, .elapsed = Seconds(1)}) == "5 trials");
    CHECK(progress_text({.finished = 0, .budget = 10, .elapsed = Seconds(1)}) ==
          "0 of 10 trials (0 %)");
}

TEST_CASE("a terminal's line is rewritten, at most ten times a second", "[cli][progress]") {
    std::ostringstream out;
    ProgressMeter meter(out, ProgressMeter::Style::rewrite);
    meter.show({.finished = 10, .at_start = 10, .elapsed = Seconds(0)});
    meter.show({.finished = 11, .at_start = 11, .elapsed = Seconds(0.05)});
    meter.show({.finished = 9, .at_start = 9, .elapsed = Seconds(0.15)});
    meter.clear();
    CHECK(out.str() == "\r10 trials\r9 trials \r        \r");
}

TEST_CASE("elsewhere there is a line for each tenth of the budget", "[cli][progress]") {
    std::ostringstream out;
    ProgressMeter meter(out, ProgressMeter::Style::lines);
    for (std::int64_t finished = 0; finished <= 20; ++finished)
        meter.show({.finished = finished, .budget = 40, .elapsed = Seconds(0)});
    CHECK(out.str() ==
          "0 of 40 trials (0 %)\n4 of 40 trials (10 %)\n8 of 40 trials (20 %)\n"
          "12 of 40 trials (30 %)\n16 of 40 trials (40 %)\n20 of 40 trials (50 %)\n");
}

TEST_CASE("finalists come on top of the budget", "[cli][progress]") {
    CHECK(progress_text(
              {.finished = 8, .front = 3, .finalists = 2, .budget = 8, .elapsed = Seconds(16)}) ==
          "8 of 8 trials (100 %), 2.00 s per trial, front 3, finalists 2");
}

TEST_CASE("a phase is told with its figures", "[cli][progress]") {
    CHECK(phase_text("supernet", 3, "62 %", {{"accuracy", 0.5}, {"loss", 1.25}}) ==
          "phase supernet 3: 62 %, accuracy 0.5, loss 1.25");
    CHECK(progress_text({.finished = 2,
                         .at_start = 2,
                         .front = 1,
                         .budget = 4,
                         .phases = 3,
                         .phase = "phase supernet 3: 62 %"}) ==
          "2 of 4 trials (50 %), phases 3, front 1; phase supernet 3: 62 %");
}

TEST_CASE("a finished phase has a line where lines stay", "[cli][progress]") {
    std::ostringstream lines;
    ProgressMeter(lines, ProgressMeter::Style::lines).phase_done("phase supernet 3: 12 s");
    CHECK(lines.str() == "phase supernet 3: 12 s\n");
    std::ostringstream terminal;
    ProgressMeter(terminal, ProgressMeter::Style::rewrite).phase_done("phase supernet 3: 12 s");
    CHECK(terminal.str().empty());
}
