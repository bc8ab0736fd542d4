// SPDX-License-Identifier: Apache-2.0
#include "cli/text/shell.h"

#include "tests/support/catch.h"

using namespace parnas::cli;

TEST_CASE("words of a command are quoted if a shell would split or change them", "[cli][shell]") {
    CHECK(shell_word("digits") == "digits");
    CHECK(shell_word("runs/lab-2.db") == "runs/lab-2.db");
    CHECK(shell_word("Z\xc3\xbcrich") == "Z\xc3\xbcrich");
    CHECK(shell_word("a b") == "'a b'");
    CHECK(shell_word("it's $5") == "'it'\\''s $5'");
    CHECK(shell_word("") == "''");
}
