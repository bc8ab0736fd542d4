// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/supernet/fusion/channel_ops.h"

#include "evaluators/torch/supernet/fusion/channel_tensors.h"
// clang-format off: torch.h comes first
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>
// clang-format on

#include "evaluators/torch/supernet/fusion/channel_loops.h"

namespace parnas::evaluators {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Whether the tensors are equal parts of one tensor's channels, in order.
bool lie_side_by_side(const variable_list& parts) {
    const at::Tensor& first = parts[0];
    if (!first.defined() || !are_rows(first) ||
        first.stride(3) != first.size(1) * static_cast<std::int64_t>(parts.size()))
        return false;
    for (std::size_t i = 1; i < parts.size(); ++i)
        if (!parts[i].defined() || parts[i].strides() != first.strides() ||
            parts[i].data_ptr<float>() !=
                first.data_ptr<float>() + static_cast<std::int64_t>(i) * first.size(1))
            return false;
    return true;
}

class SplitFunction : public torch::autograd::Function<SplitFunction> {
  public:
    static variable_list forward(AutogradContext*, const at::Tensor& images, std::int64_t parts) {
        return images.chunk(parts, 1);
    }

    static variable_list backward(AutogradContext*, const variable_list& gradients) {
        if (!lie_side_by_side(gradients))
            return {at::cat(gradients, 1), at::Tensor()};
        const at::Tensor& first = gradients[0];
        std::vector<std::int64_t> sizes = first.sizes().vec();
        sizes[1] *= static_cast<std::int64_t>(gradients.size());
        return {first.as_strided(sizes, first.strides()), at::Tensor()};
    }
};

struct SavedDepthwise : torch::CustomClassHolder {
    at::Tensor images;
    at::Tensor weight;  // {kernel, kernel, channels}
    DepthwiseShape shape;
};

// One image's values after the other's.
std::int64_t image_size(const at::Tensor& images) {
    return images.size(1) * images.size(2) * images.size(3);
}

template <typename Use>
void for_each_image(std::int64_t count, Use use) {
    at::parallel_for(0, count, 1, [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t image = first; image < last; ++image)
            use(image);
    });
}

at::Tensor convolve(const DepthwiseShape& shape, const at::Tensor& x, const at::Tensor& weight) {
    const at::Tensor y = at::empty({x.size(0), x.size(1), shape.out_height, shape.out_width},
                                   x.options(),
                                   at::MemoryFormat::ChannelsLast);
    for_each_image(x.size(0), [&](std::int64_t image) {
        channel_loops().depthwise(shape,
                                  x.data_ptr<float>() + image * image_size(x),
                                  weight.data_ptr<float>(),
                                  y.data_ptr<float>() + image * image_size(y));
    });
    return y;
}

at::Tensor gradient_of_input(const SavedDepthwise& saved, const at::Tensor& g) {
    const DepthwiseShape& shape = saved.shape;
    if (shape.stride == 1) {
        // A convolution with the kernel turned round.
        DepthwiseShape turned = shape;
        std::swap(turned.height, turned.out_height);
        std::swap(turned.width, turned.out_width);
        turned.padding = shape.dilation * (shape.kernel - 1) - shape.padding;
        return convolve(turned, g, saved.weight.flip({0, 1}).contiguous());
    }
    const at::Tensor dx = at::empty_like(saved.images);
    for_each_image(g.size(0), [&](std::int64_t image) {
        channel_loops().depthwise_to_input(shape,
                                           g.data_ptr<float>() + image * image_size(g),
                                           saved.weight.data_ptr<float>(),
                                           dx.data_ptr<float>() + image * image_size(dx));
    });
    return dx;
}

at::Tensor gradient_of_weight(const SavedDepthwise& saved, const at::Tensor& g) {
    // A fixed number of partial sums, so that the result does not depend on the threads.
    constexpr std::int64_t kMostParts = 16;
    const at::Tensor& x = saved.images;
    const std::int64_t images = x.size(0);
    const std::int64_t parts = std::min(images, kMostParts);
    const at::Tensor partial =
        at::zeros({parts, saved.shape.kernel, saved.shape.kernel, saved.shape.channels});
    for_each_image(parts, [&](std::int64_t part) {
        for (std::int64_t image = images * part / parts; image < images * (part + 1) / parts;
             ++image)
            channel_loops().depthwise_to_weight(
                saved.shape,
                x.data_ptr<float>() + image * image_size(x),
                g.data_ptr<float>() + image * image_size(g),
                partial.data_ptr<float>() + part * saved.weight.numel());
    });
    return partial.sum(0).permute({2, 0, 1}).unsqueeze(1);
}

class DepthwiseFunction : public torch::autograd::Function<DepthwiseFunction> {
  public:
    static at::Tensor forward(AutogradContext* context,
                              const at::Tensor& images,
                              const at::Tensor& weight,
                              const c10::intrusive_ptr<SavedDepthwise>& saved) {
        saved->images = images.detach().contiguous(at::MemoryFormat::ChannelsLast);
        saved->weight = weight.detach().squeeze(1).permute({1, 2, 0}).contiguous();
        context->saved_data["saved"] = at::IValue::make_capsule(saved);
        return convolve(saved->shape, saved->images, saved->weight);
    }

    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const auto saved = c10::static_intrusive_pointer_cast<SavedDepthwise>(
            context->saved_data["saved"].toCapsule());
        check_first_derivative(!saved->images.defined());
        const at::Tensor g = gradients[0].contiguous(at::MemoryFormat::ChannelsLast);
        variable_list result(3);
        if (context->needs_input_grad(0))
            result[0] = gradient_of_input(*saved, g);
        if (context->needs_input_grad(1))
            result[1] = gradient_of_weight(*saved, g);
        saved->images.reset();
        return result;
    }
};

}  // namespace

std::vector<at::Tensor> split_channels(const at::Tensor& images, std::int64_t parts) {
    return SplitFunction::apply(images, parts);
}

bool is_fast(const DepthwiseConv& conv) {
    return conv.kernel == 3 || conv.kernel == 5 || conv.kernel == 7;
}

at::Tensor convolve_depthwise(const at::Tensor& images,
                              const at::Tensor& weight,
                              const DepthwiseConv& conv) {
    if (!images.is_cpu() || !is_fast(conv))
        return at::conv2d(
            images, weight, {}, conv.stride, conv.padding, conv.dilation, images.size(1));
    const auto saved = c10::make_intrusive<SavedDepthwise>();
    const std::int64_t reach = conv.dilation * (conv.kernel - 1);
    const auto outputs = [&](std::int64_t size) {
        return (size + 2 * conv.padding - reach - 1) / conv.stride + 1;
    };
    saved->shape = {.channels = images.size(1),
                    .height = images.size(2),
                    .width = images.size(3),
                    .out_height = outputs(images.size(2)),
                    .out_width = outputs(images.size(3)),
                    .kernel = conv.kernel,
                    .stride = conv.stride,
                    .padding = conv.padding,
                    .dilation = conv.dilation};
    return DepthwiseFunction::apply(images, weight, saved);
}

}  // namespace parnas::evaluators
