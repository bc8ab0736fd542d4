// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/document.h"
#include "spaces/lint.h"
#include "spaces/space_document.h"
#include "tests/support/catch.h"

namespace parnas::spaces {
namespace {

struct Bad {
    std::string text;
    std::string where;  // a part of one fault's place
};

// A document around a body, with a parameter: none is refused for having nothing to search.
Bad body(const std::string& blocks, std::string where, const std::string& define = "{}") {
    return {
        fmt::format("name: bad@1\ninput: {{image: [4, 8, 8]}}\ntraining: {{lr: {{real: [0, 1]}}}}\n"
                    "define: {}\nbody:\n{}",
                    define,
                    blocks),
        std::move(where)};
}

Bad params(const std::string& params, std::string where, const std::string& more = "") {
    return {fmt::format("name: bad@1\nparams: {}\n{}", params, more), std::move(where)};
}

std::string times(std::size_t count, const std::string& text) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i)
        all += text;
    return all;
}

void expect_refused(const std::vector<Bad>& documents) {
    for (const Bad& bad : documents) {
        const std::string shown = bad.text.substr(0, 400);
        CAPTURE(shown, bad.where);
        try {
            make_space(Document::parse(bad.text, "bad.yaml"), Json());
            FAIL("was taken");
        } catch (const Error& error) {
            CHECK(error.kind() == ErrorKind::invalid_input);
            const std::string messages = std::string(error.what()).substr(0, 1000);
            CAPTURE(messages);
            CHECK(std::ranges::none_of(error.faults(), &std::string::empty, &Fault::where));
            CHECK(std::ranges::any_of(error.faults(), [&](const Fault& fault) {
                return fault.where.find(bad.where) != std::string::npos;
            }));
        }
    }
}

}  // namespace

TEST_CASE("sections and keys of the wrong type are refused with their place",
          "[spaces][document]") {
    expect_refused({
        {"[1, 2]", "bad.yaml:1"},
        {"only text", "bad.yaml:1"},
        {"name: 5\nparams: {a: {one_of: [1]}}", "bad.yaml:1 /name"},
        {"name: bad@1\nparams: {a: {one_of: [1]}}\narguments: [1]", "/arguments"},
        {"name: bad@1\nparams: {a: {one_of: [1]}}\narguments: {x: {y: 1}}", "/arguments/x"},
        params("[1]", "/params"),
        params("{a: {one_of: []}}", "/params/a/one_of"),
        params("{a: {one_of: {b: 1}}}", "/params/a/one_of"),
        params("{a: {one_of: [.nan]}}", "/params/a/one_of"),
        params("{a: {one_of: [[1]]}}", "/params/a/one_of"),
        params("{a: {integer: [3, 1]}}", "bad.yaml:2 /params/a"),
        params("{a: {integer: [-9223372036854775808, 1]}}", "/params/a/integer"),
        params("{a: {real: [-1.7e308, 1.7e308]}}", "/params/a/real"),
        params("{a: {one_of: [1], real: [0, 1]}}", "/params/a"),
        params("{a: {one_of: [1]}, b: {one_of: [1], when: null}}", "/params/b/when"),
        params("{a: {one_of: [1]}, b: {one_of: [1], when: {a: []}}}", "/params/b/when/a"),
        params("{a: {one_of: [1]}, b: {one_of: [1], when: {c: 1}}}", "/params/b/when/c"),
        params("{a: {integer: [1, 9]}, b: {one_of: [1], when: {a: {at_least: 3, at_most: 2}}}}",
               "/params/b/when/a"),
        params("{a: {one_of: [1]}}", "/require", "require: a > 0"),
        params("{a: {one_of: [1]}}", "/require/0", "require: [null]"),
        params("{a: {one_of: [1]}}", "/require/0", "require: ['a >']"),
        params("{a: {one_of: [1]}}", "bad.yaml", "require: [a + 1]"),
        params("{a: {one_of: [1]}}", "bad.yaml", "require: ['a % 0 == 0']"),
        params("{a: {one_of: [1]}}", "bad.yaml", "require: [a > 1]"),
    });
}

TEST_CASE("blocks of the wrong shape are refused with their place", "[spaces][document]") {
    const std::string block = "{a: {arguments: {k: 3}, body: [conv: {out: 4, kernel: {arg: k}}]}}";
    expect_refused({
        {"name: bad@1\ninput: {image: [4, 8, 8]}\nbody: null", "/body"},
        {"name: bad@1\ninput: null\nbody: [identity]", "/input"},
        {"name: bad@1\ninput: {image: [4, 8, 8]}\noutput: null\nbody: [identity]", "/output"},
        body("  []", "bad.yaml:5 /body"),
        body("  - {conv: {out: 4}, pool: max}", "/body/0"),
        body("  - convolution: {out: 4}", "/body/0/convolution"),
        body("  - sequence: {body: null}", "/body/0/sequence/body"),
        body("  - choice: {options: []}", "/body/0/choice/options"),
        body("  - choice: {options: [{}, null]}", "/body/0/choice/options/1"),
        body("  - residual: 5", "/body/0/residual"),
        body("  - branches: {branches: 5}", "/body/0/branches/branches"),
        body("  - cell: {nodes: 2, edge: []}", "/body/0/cell/edge"),
        body("  - cell: {nodes: 32, inputs: 8, take: 8, edge: identity}", "/body/0/cell/edge"),
        body("  - conv: {out: null}", "/body/0/conv/out"),
        body("  - conv: {out: 4, params: [1]}", "/body/0/conv/params"),
        body("  - conv: {out: 4, params: {width: 5}}", "/body/0/conv/params/width"),
        body("  - conv: {out: 4, from: []}", "/body/0/conv/from"),
        body("  - conv: {out: 4, from: [1, {}]}", "/body/0/conv/from"),
        body("  - conv: {out: 4, output: ''}", "/body/0/conv/output"),
        body("  - conv: {out: 4, name: a.b}", "/body/0/conv/name"),
        body("  - use: {block: a, with: [1]}", "/body/0/use/with", block),
        body("  - use: {block: a, with: {z: 1}}", "/body/0/use/with", block),
        body("  - use: a", "/define/a", "{a: null}"),
        body("  - use: a", "/define/a/arguments", "{a: {arguments: 1, body: [identity]}}"),
        body("  - use: a", "/define", "[1]"),
        body("  - repeat: {times: {one_of: [1, a]}, body: [identity]}", "/body/0/repeat/times"),
        body("  - repeat: {times: {one_of: [1, 1.5]}, body: [identity]}", "/body/0/repeat/times"),
        body("  - repeat: {times: 2, first: [identity]}", "/body/0/repeat"),
    });
}

TEST_CASE("documents that would grow without end are refused in time", "[spaces][document]") {
    const std::string repeat = "repeat: {times: 1024, body: [";
    expect_refused({
        {times(500, "["), "bad.yaml:1"},
        {"a: &a [*a]", "bad.yaml:1"},
        body("  - repeat: {times: 1000000000, body: [identity]}", "/body/0/repeat/times"),
        body("  - " + times(5, repeat) + "]}]}]}]}]}", "/body/0/repeat"),
        body("  - " + times(5, repeat) + "identity]}]}]}]}]}", "/body/0/repeat"),
        body("  - use: a", "/define/a/body", "{a: {body: [use: a, use: a]}}"),
        body("  - use: a",
             "/define/a/body/0/use/with/x",
             "{a: {arguments: {x: {integer: [1, 2]}}, "
             "body: [use: {block: a, with: {x: {expr: x + x}}}]}}"),
        body("  - conv: {out: {expr: '" + times(200'000, "1+") + "1'}}", "/body/0/conv/out"),
        body("  - conv: {out: {expr: '" + times(200, "(") + "'}}", "/body/0/conv/out"),
        body(times(3'000, "  - nothing\n"), "/body/999"),
        body("  - conv: {out: {one_of: [4, 8]}, name: " + times(3000, "n") + "}", "/body/0/conv"),
    });
}

TEST_CASE("places that share a parameter agree on its values", "[spaces][document]") {
    expect_refused({
        body("  - repeat: {times: 2, choices: shared, first: [choice: {options: [identity, act: "
             "relu, act: gelu]}], rest: [choice: {options: [identity, act: relu]}]}",
             "/body/0/repeat/rest/0/choice/options"),
        {"name: bad@1\ninput: {image: [4, 8, 8]}\nparams: {w: {real: [5, 9]}}\n"
         "define: {w: {body: [choice: {options: [identity, act: relu]}]}}\n"
         "body: [use: {block: w, choices: shared}]",
         "/define/w/body/0/choice/options"},
    });
}

TEST_CASE("large documents are read and linted in time", "[spaces][document]") {
    const std::string many = "  - conv: {out: {one_of: [4, 8]}}\n";
    const auto space = make_space(
        Document::parse(body(times(5'000, "  - identity\n") + many, "").text, "big.yaml"), Json());
    CHECK(space->params().size() == 2);

    const std::string same = times(5'000, "identity, ");
    const auto choice = make_space(
        Document::parse(body("  - choice: {options: [" + same + "zero]}", "").text, "big.yaml"),
        Json());
    CHECK(cardinality(choice->params()[0].domain) == 5'001);

    std::string nested = "conv: {out: 8}";
    for (int i = 0; i < 25; ++i)
        nested = "residual: {shortcut: {identity: {project: true}}, body: {" + nested + "}}";
    const auto deep =
        make_space(Document::parse(body("  - " + nested, "").text, "deep.yaml"), Json());
    CHECK(lint(*deep, {.samples = 3}).faults.empty());
}

}  // namespace parnas::spaces
