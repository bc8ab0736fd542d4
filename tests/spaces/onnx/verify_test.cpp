// SPDX-License-Identifier: Apache-2.0
#include "spaces/onnx/verify.h"

#include <limits>

#include "core/error.h"
#include "tests/support/catch.h"

namespace parnas::spaces::onnx {
namespace {

// Gives these outputs, or refuses.
class FakeEngine final : public Engine {
  public:
    explicit FakeEngine(std::vector<Tensor> outputs, std::string refusal = {})
        : outputs_(std::move(outputs)), refusal_(std::move(refusal)) {}

    const std::string& title() const override { return title_; }
    bool takes_any_batch() const override { return true; }
    std::unique_ptr<Session> load(const OnnxModel&, int) const override {
        if (!refusal_.empty())
            throw Error(ErrorKind::invalid_input, refusal_);
        return std::make_unique<FakeSession>(outputs_);
    }

  private:
    class FakeSession final : public Session {
      public:
        explicit FakeSession(const std::vector<Tensor>& outputs) : outputs_(outputs) {}
        void set_inputs(std::span<const Tensor>) override {}
        void run() override {}
        std::vector<Tensor> outputs() const override { return outputs_; }

      private:
        const std::vector<Tensor>& outputs_;
    };

    std::string title_ = "Fake 1";
    std::vector<Tensor> outputs_;
    std::string refusal_;
};

Tensor row(std::vector<float> values) {
    return {.shape = {1, static_cast<std::int64_t>(values.size())}, .values = std::move(values)};
}

Verdict judge(const Tensor& found, const Tensor& expected) {
    return verify(
        FakeEngine({found}), {.bytes = {}, .inputs = {}, .outputs = {"out"}}, {{}, {expected}});
}

ErrorKind refusal(const Tensor& found, const Tensor& expected) {
    try {
        judge(found, expected);
    } catch (const Error& error) {
        return error.kind();
    }
    return ErrorKind::not_found;
}

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST_CASE("the largest difference of an engine's outputs is found", "[onnx]") {
    const Verdict verdict = judge(row({1.0F, 2.0F, 3.0F}), row({1.0F, 2.00002F, 3.0F}));
    CHECK(verdict.engine == "Fake 1");
    REQUIRE(verdict.largest_difference);
    CHECK(*verdict.largest_difference == Approx(2e-5).epsilon(0.1));
    CHECK(judge(row({kNan, kInfinity}), row({kNan, kInfinity})).largest_difference == 0.0);
}

TEST_CASE("a difference that is too large is an error, relative to the outputs", "[onnx]") {
    CHECK(refusal(row({1.001F}), row({1.0F})) == ErrorKind::internal);
    CHECK(*judge(row({1000.05F, 1.0F}), row({1000.0F, 1.0F})).largest_difference > 0.01);
}

TEST_CASE("no number where there should be one is an error, and so is another shape", "[onnx]") {
    CHECK(refusal(row({kNan}), row({1.0F})) == ErrorKind::internal);
    CHECK(refusal(row({kInfinity}), row({1.0F})) == ErrorKind::internal);
    CHECK(refusal(row({1.0F}), row({kNan})) == ErrorKind::internal);
    CHECK(refusal(row({1.0F, 2.0F}), row({1.0F})) == ErrorKind::internal);
}

TEST_CASE("an engine that cannot run a model says why", "[onnx]") {
    const Verdict verdict = verify(FakeEngine({}, "no such op"), {}, {});
    CHECK_FALSE(verdict.largest_difference);
    CHECK(verdict.problem == "no such op");
    CHECK(to_text(std::vector{verdict}) == R"([{"engine":"Fake 1","problem":"no such op"}])");
}

}  // namespace
}  // namespace parnas::spaces::onnx
