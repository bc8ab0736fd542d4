// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/supernet/weights/weight_view.h"

#include <algorithm>
#include <utility>

#include "core/error.h"

namespace parnas::evaluators {
namespace {

template <typename Map>
const auto& find(const Map& map, const std::string& name) {
    const auto found = map.find(name);
    if (found == map.end())
        throw Error(ErrorKind::invalid_input, "the supernet has no such weight", name);
    return found->second;
}

void check_size(const WeightSpec& spec, const at::Tensor& shared) {
    bool fits = static_cast<std::int64_t>(spec.shape.size()) == shared.dim();
    for (std::size_t axis = 0; fits && axis < spec.shape.size(); ++axis)
        fits = spec.shape[axis] <= shared.size(static_cast<std::int64_t>(axis));
    if (!fits)
        throw Error(ErrorKind::invalid_input,
                    "the network's weight does not fit into the supernet's",
                    spec.name);
}

// The first entries on every axis.
at::Tensor first(at::Tensor tensor, at::IntArrayRef shape) {
    for (std::size_t i = 0; i < shape.size(); ++i)
        if (const auto axis = static_cast<std::int64_t>(i); tensor.size(axis) != shape[i])
            tensor = tensor.narrow(axis, 0, shape[i]);
    return tensor;
}

// The first entries of a parameter.
Weight part_of(const at::Tensor& shared, at::IntArrayRef shape) {
    const at::NoGradGuard no_grad;
    at::Tensor part = first(shared.detach(), shape);
    if (!part.is_contiguous())  // autograd wants the gradients of a leaf in one piece
        return Weight([shared, sizes = shape.vec()] { return first(shared, sizes); });
    part = part.detach().requires_grad_();
    part.mutable_grad() = first(shared.grad(), shape);
    return part;
}

// The first entries of each gate.
Weight stacked(const WeightSpec& spec, const at::Tensor& shared) {
    const auto split = [&](at::IntArrayRef shape) {
        std::vector<std::int64_t> sizes{spec.parts, shape[0] / spec.parts};
        sizes.insert(sizes.end(), shape.begin() + 1, shape.end());
        return sizes;
    };
    return Weight([=, all = split(shared.sizes()), own = split(spec.shape), shape = spec.shape] {
        return first(shared.view(all), own).reshape(shape);
    });
}

// For each entry {out, in / groups, height, width} of a kernel its column in the shared
// one, which has more of them: that of the same input channel.
at::Tensor group_columns(const WeightSpec& spec, const at::Tensor& shared) {
    const std::int64_t rows = spec.shape[0] / spec.groups, columns = spec.shape[1];
    std::vector<std::int64_t> starts;
    for (std::int64_t group = 0; group < spec.groups; ++group) {
        const std::int64_t start = group * columns % shared.size(1);
        starts.push_back(start + columns <= shared.size(1) ? start : 0);
    }
    const at::Tensor start = at::tensor(starts, at::kLong).repeat_interleave(rows).unsqueeze(1);
    return (start + at::arange(columns, at::kLong))
        .view({spec.shape[0], columns, 1, 1})
        .expand({-1, -1, shared.size(2), shared.size(3)})
        .to(shared.device());
}

// The kernels that lead from the largest one to one of this size.
std::vector<SharedKernel> path_to(const spaces::Extent& size,
                                  const std::vector<SharedKernel>& kernels,
                                  const std::string& name) {
    const auto found = std::ranges::find(kernels, size, &SharedKernel::size);
    if (found == kernels.end())
        throw Error(ErrorKind::invalid_input, "the supernet has no kernel of this size", name);
    std::vector<SharedKernel> path;
    for (auto i = static_cast<std::size_t>(found - kernels.begin()); i > 0; i = kernels[i].parent)
        path.push_back(kernels[i]);
    std::ranges::reverse(path);
    return path;
}

at::Tensor transformed(const at::Tensor& larger, const SharedKernel& kernel) {
    const auto [height, width] = kernel.size;
    const at::Tensor centre = larger.narrow(2, (larger.size(2) - height) / 2, height)
                                  .narrow(3, (larger.size(3) - width) / 2, width);
    return at::matmul(centre.reshape({-1, height * width}), kernel.transform).view(centre.sizes());
}

Weight convolution(const WeightSpec& spec, const SharedWeight& shared) {
    const at::Tensor& largest = shared.tensor;
    const auto path = path_to({spec.shape[2], spec.shape[3]}, shared.kernels, spec.name);
    const bool regroups = spec.groups > 1 && spec.shape[1] < largest.size(1);
    const Weight part = part_of(largest,
                                {spec.shape[0],
                                 regroups ? largest.size(1) : spec.shape[1],
                                 largest.size(2),
                                 largest.size(3)});
    if (!regroups && path.empty())
        return part;
    const at::Tensor columns = regroups ? group_columns(spec, largest) : at::Tensor();
    return Weight([=] {
        at::Tensor kernel = columns.defined() ? part().gather(1, columns) : part();
        for (const SharedKernel& each : path)
            kernel = transformed(kernel, each);
        return kernel;
    });
}

}  // namespace

Weight WeightView::parameter(const WeightSpec& spec) {
    const SharedWeight& shared = find(parameters_, spec.name);
    check_size(spec, shared.tensor);
    if (shared.tensor.sizes() == at::IntArrayRef(spec.shape))
        return shared.tensor;
    if (spec.groups > 0)
        return convolution(spec, shared);
    if (spec.parts > 1)
        return stacked(spec, shared.tensor);
    return part_of(shared.tensor, spec.shape);
}

at::Tensor WeightView::statistic(const WeightSpec& spec) {
    const at::Tensor& shared = find(statistics_, spec.name);
    check_size(spec, shared);
    if (whose_ == Statistics::own)
        return at::full(spec.shape, spec.scale, shared.options());
    return first(shared, spec.shape);
}

}  // namespace parnas::evaluators
