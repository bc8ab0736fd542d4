// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "evaluators/torch/supernet/fusion/channel_ops.h"
#include "evaluators/torch/supernet/fusion/channel_tensors.h"
// clang-format off: torch.h comes first
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>
// clang-format on

#include "core/error.h"
#include "evaluators/torch/supernet/fusion/channel_loops.h"

namespace parnas::evaluators {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Partial sums are of at least this many rows, and there are at most so many of them: their
// number does not depend on the threads, so neither does the result.
constexpr std::int64_t kRowsPerPart = 1024;
constexpr std::int64_t kMostSums = 32;

struct Parts {
    explicit Parts(std::int64_t total)
        : rows(total), count(std::clamp<std::int64_t>(total / kRowsPerPart, 1, kMostSums)) {}

    std::int64_t begin(std::int64_t part) const { return rows * part / count; }
    std::int64_t size(std::int64_t part) const { return begin(part + 1) - begin(part); }

    // Calls use(part) for all parts, in parallel.
    template <typename Use>
    void for_each(Use use) const {
        at::parallel_for(0, count, 1, [&](std::int64_t first, std::int64_t last) {
            for (std::int64_t part = first; part < last; ++part)
                use(part);
        });
    }

    std::int64_t rows;
    std::int64_t count;
};

ConstRows from_row(ConstRows rows, std::int64_t row) {
    return {rows.data == nullptr ? nullptr : rows.data + row * rows.stride, rows.stride};
}

Rows from_row(Rows rows, std::int64_t row) {
    return {rows.data + row * rows.stride, rows.stride};
}

// What the backward pass needs of the forward pass.
struct SavedSum : torch::CustomClassHolder {
    ChannelSum sum;     // with detached tensors
    at::Tensor result;  // of a sum with ReLU
    bool done = false;
};

// Sums over all rows; {channels} of each term after the other.
struct RowSums {
    at::Tensor gradients;  // {channels}: of the result's gradient
    at::Tensor products;   // {terms, channels}: of it and the normalised values
};

class SumGradient {
  public:
    SumGradient(const SavedSum& saved, const at::Tensor& gradient)
        : saved_(saved),
          terms_(saved.sum.terms),
          gradient_(with_channels_last(gradient)),
          rows_(count_rows(gradient_)),
          channels_(gradient_.size(1)),
          parts_(rows_),
          g_(rows_of(gradient_)) {
        if (saved.sum.relu)
            active_ = rows_of(saved.result);
    }

    RowSums sum_rows() const {
        const auto terms = static_cast<std::int64_t>(terms_.size());
        const at::Tensor partial = at::zeros({parts_.count, terms + 1, channels_});
        const std::vector<float> no_mean(static_cast<std::size_t>(channels_));
        parts_.for_each([&](std::int64_t part) {
            float* sums = partial.data_ptr<float>() + part * (terms + 1) * channels_;
            std::vector<CentredRows> rows;
            for (std::size_t i = 0; i < terms_.size(); ++i)
                rows.push_back({.values = from_row(rows_of(terms_[i].values), parts_.begin(part)),
                                .mean = is_normalised(i) ? mean(i) : no_mean.data(),
                                .products = sums + (static_cast<std::int64_t>(i) + 1) * channels_});
            channel_loops().products(from_row(g_, parts_.begin(part)),
                                     from_row(active_, parts_.begin(part)),
                                     rows,
                                     sums,
                                     {parts_.size(part), channels_});
        });
        const at::Tensor sums = partial.sum(0);
        const RowSums result{sums[0], sums.narrow(0, 1, terms)};
        for (std::size_t i = 0; i < terms_.size(); ++i)
            for (std::int64_t c = 0; is_normalised(i) && c < channels_; ++c)
                at_term(result.products, i)[c] *= inverse(i)[c];
        return result;
    }

    // The gradients of the terms that are wanted, of others undefined.
    std::vector<at::Tensor> spread(const RowSums& sums, const std::vector<bool>& wanted) const {
        std::vector<at::Tensor> gradients(terms_.size());
        const std::vector<Coefficients> coefficients = make_coefficients(sums);
        std::vector<SpreadRows> rows;
        for (std::size_t i = 0; i < terms_.size(); ++i) {
            if (!wanted[i])
                continue;
            const SumTerm& term = terms_[i];
            gradients[i] = term.overwrite ? term.values : at::empty_like(gradient_);
            rows.push_back(
                {.values = rows_of(term.values),
                 .gradient = rows_of(gradients[i]),
                 .on_gradient = coefficients[i].on_gradient.data(),
                 .on_values = is_normalised(i) ? coefficients[i].on_values.data() : nullptr,
                 .mean = is_normalised(i) ? mean(i) : nullptr,
                 .constant = coefficients[i].constant.data()});
        }
        parts_.for_each([&](std::int64_t part) {
            std::vector<SpreadRows> part_rows = rows;
            for (SpreadRows& each : part_rows) {
                each.values = from_row(each.values, parts_.begin(part));
                each.gradient = from_row(each.gradient, parts_.begin(part));
            }
            channel_loops().spread(from_row(g_, parts_.begin(part)),
                                   from_row(active_, parts_.begin(part)),
                                   part_rows,
                                   {parts_.size(part), channels_});
        });
        return gradients;
    }

  private:
    struct Coefficients {
        std::vector<float> on_gradient, on_values, constant;  // one per channel
    };

    bool is_normalised(std::size_t term) const { return terms_[term].moments.defined(); }
    const float* mean(std::size_t term) const { return terms_[term].moments.data_ptr<float>(); }
    const float* inverse(std::size_t term) const { return mean(term) + channels_; }
    float* at_term(const at::Tensor& table, std::size_t term) const {
        return table.data_ptr<float>() + static_cast<std::int64_t>(term) * channels_;
    }

    // The derivative of batch norm is
    // scale / deviation * (g - mean(g) - normalised * mean(g * normalised)).
    std::vector<Coefficients> make_coefficients(const RowSums& sums) const {
        const auto channels = static_cast<std::size_t>(channels_);
        const float share = 1.0F / static_cast<float>(rows_);
        std::vector<Coefficients> all(terms_.size());
        for (std::size_t i = 0; i < terms_.size(); ++i) {
            const float* scale = at_term(saved_.sum.scale, i);
            all[i].on_gradient.assign(scale, scale + channels);
            all[i].constant.assign(channels, 0.0F);
            all[i].on_values.assign(channels, 0.0F);
            for (std::size_t c = 0; is_normalised(i) && c < channels; ++c) {
                const float on_gradient = all[i].on_gradient[c] *= inverse(i)[c];
                all[i].on_values[c] =
                    -on_gradient * inverse(i)[c] * at_term(sums.products, i)[c] * share;
                all[i].constant[c] = -on_gradient * sums.gradients.data_ptr<float>()[c] * share;
            }
        }
        return all;
    }

    const SavedSum& saved_;
    const std::vector<SumTerm>& terms_;
    at::Tensor gradient_;
    std::int64_t rows_;
    std::int64_t channels_;
    Parts parts_;
    ConstRows g_;
    ConstRows active_;
};

at::Tensor compute_sum(const ChannelSum& sum) {
    const at::Tensor& first = sum.terms.front().values;
    at::Tensor result = at::empty(first.sizes(), first.options(), at::MemoryFormat::ChannelsLast);
    const std::int64_t channels = result.size(1);
    // scale (values - mean) inverse = (scale inverse) values - mean (scale inverse)
    const at::Tensor scale = sum.scale.clone();
    const at::Tensor constant = sum.offset.defined() ? sum.offset.clone() : at::zeros({channels});
    std::vector<ScaledRows> terms;
    for (std::size_t i = 0; i < sum.terms.size(); ++i) {
        float* row = scale.data_ptr<float>() + static_cast<std::int64_t>(i) * channels;
        terms.push_back({rows_of(sum.terms[i].values), row});
        if (!sum.terms[i].moments.defined())
            continue;
        const float* mean = sum.terms[i].moments.data_ptr<float>();
        for (std::int64_t c = 0; c < channels; ++c) {
            row[c] *= mean[channels + c];
            constant.data_ptr<float>()[c] -= mean[c] * row[c];
        }
    }
    const Parts parts(count_rows(result));
    parts.for_each([&](std::int64_t part) {
        std::vector<ScaledRows> part_terms = terms;
        for (ScaledRows& each : part_terms)
            each.values = from_row(each.values, parts.begin(part));
        channel_loops().weighted_sum(part_terms,
                                     constant.data_ptr<float>(),
                                     sum.relu,
                                     from_row(rows_of(result), parts.begin(part)),
                                     {parts.size(part), channels});
    });
    return result;
}

class SumFunction : public torch::autograd::Function<SumFunction> {
  public:
    static at::Tensor forward(AutogradContext* context,
                              at::TensorList values,
                              const at::Tensor& scale,
                              const c10::optional<at::Tensor>& offset,
                              const c10::intrusive_ptr<SavedSum>& saved) {
        ChannelSum& sum = saved->sum;
        for (std::size_t i = 0; i < sum.terms.size(); ++i)
            sum.terms[i].values = with_channels_last(values[i].detach());
        sum.scale = scale.detach().contiguous();
        if (offset)
            sum.offset = offset->detach();
        const at::Tensor result = compute_sum(sum);
        if (sum.relu)
            saved->result = result.detach();
        context->saved_data["sum"] = at::IValue::make_capsule(saved);
        return result;
    }

    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const auto saved =
            c10::static_intrusive_pointer_cast<SavedSum>(context->saved_data["sum"].toCapsule());
        check_first_derivative(std::exchange(saved->done, true));
        const std::size_t terms = saved->sum.terms.size();
        variable_list result(terms + 3);
        if (!gradients[0].defined())
            return result;
        const SumGradient gradient(*saved, gradients[0]);
        std::vector<bool> wanted;
        const bool has_offset = saved->sum.offset.defined();
        bool needs_sums = context->needs_input_grad(terms) ||
                          (has_offset && context->needs_input_grad(terms + 1));
        for (std::size_t i = 0; i < terms; ++i) {
            wanted.push_back(context->needs_input_grad(i));
            needs_sums |= wanted[i] && saved->sum.terms[i].moments.defined();
        }
        const RowSums sums = needs_sums ? gradient.sum_rows() : RowSums{};
        std::ranges::move(gradient.spread(sums, wanted), result.begin());
        result[terms] = sums.products;
        if (has_offset)
            result[terms + 1] = sums.gradients;
        saved->sum.terms.clear();
        saved->result.reset();
        return result;
    }
};

}  // namespace

ChannelMoments channel_moments(const at::Tensor& images, double epsilon) {
    const at::NoGradGuard no_grad;
    const at::Tensor values = with_channels_last(images.detach());
    const Extents extents{count_rows(values), values.size(1)};
    const Parts parts(extents.rows);
    at::Tensor mean = at::empty({parts.count, extents.channels});
    at::Tensor squares = at::empty_like(mean);
    parts.for_each([&](std::int64_t part) {
        channel_loops().moments(from_row(rows_of(values), parts.begin(part)),
                                {parts.size(part), extents.channels},
                                mean.data_ptr<float>() + part * extents.channels,
                                squares.data_ptr<float>() + part * extents.channels);
    });
    // Joined in order, in twice the digits (Chan, Golub and LeVeque 1983).
    ChannelMoments moments{at::empty({2, extents.channels}), at::empty({extents.channels})};
    const auto* means = mean.data_ptr<float>();
    const auto* sums = squares.data_ptr<float>();
    auto* scales = moments.scales.data_ptr<float>();
    auto* variances = moments.variance.data_ptr<float>();
    const auto rows = static_cast<double>(extents.rows);
    for (std::int64_t c = 0; c < extents.channels; ++c) {
        double centre = 0.0, square = 0.0;
        for (std::int64_t part = 0; part < parts.count; ++part) {
            const auto before = static_cast<double>(parts.begin(part));
            const double share =
                static_cast<double>(parts.size(part)) / static_cast<double>(parts.begin(part + 1));
            const double step = static_cast<double>(means[part * extents.channels + c]) - centre;
            square += static_cast<double>(sums[part * extents.channels + c]) +
                      step * step * before * share;
            centre += step * share;
        }
        scales[c] = static_cast<float>(centre);
        scales[extents.channels + c] = static_cast<float>(1.0 / std::sqrt(square / rows + epsilon));
        variances[c] = static_cast<float>(square / std::max(rows - 1.0, 1.0));
    }
    return moments;
}

at::Tensor sum_channels(const ChannelSum& sum) {
    std::vector<at::Tensor> values;
    const auto saved = c10::make_intrusive<SavedSum>();
    for (const SumTerm& term : sum.terms) {
        values.push_back(term.values);
        saved->sum.terms.push_back({.moments = term.moments, .overwrite = term.overwrite});
    }
    saved->sum.relu = sum.relu;
    const at::TensorList list = values;
    c10::optional<at::Tensor> offset;
    if (sum.offset.defined())
        offset = sum.offset;
    return SumFunction::apply(list, sum.scale, offset, saved);
}

}  // namespace parnas::evaluators
