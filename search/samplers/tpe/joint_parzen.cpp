// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/tpe/joint_parzen.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <tuple>

#include "search/samplers/tpe/parzen_places.h"

namespace parnas::search {
namespace {

using Eigen::ArrayXd;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::RowVectorXd;

constexpr Index kBlock = 256;  // kernels at once: their distances stay in the nearest cache
constexpr double kLogOfZero = -std::numeric_limits<double>::infinity();
constexpr std::size_t kMany = std::numeric_limits<std::size_t>::max() / 2;

// What is so far below the greatest does not show in a sum of any number of trials. As it is, its
// exponential would be no normal number, and slow.
constexpr double kNegligible = -60.0;

// Sums of exponentials, one for each point, that neither overflow nor vanish.
class LogSums {
  public:
    explicit LogSums(Index points)
        : greatest_(ArrayXd::Constant(points, kLogOfZero)), sums_(ArrayXd::Zero(points)) {}

    // A row for each kernel, a column for each point.
    void add(const MatrixXd& logs) {
        for (Index point = 0; point < logs.cols(); ++point) {
            const double greatest = logs.col(point).maxCoeff();
            if (greatest <= greatest_[point] + kNegligible)
                continue;
            if (greatest > greatest_[point]) {
                sums_[point] *= std::exp(greatest_[point] - greatest);
                greatest_[point] = greatest;
            }
            sums_[point] +=
                (logs.col(point).array() - greatest_[point]).max(kNegligible).exp().sum();
        }
    }

    ArrayXd logs() const { return greatest_ + sums_.log(); }

  private:
    ArrayXd greatest_;
    ArrayXd sums_;
};

double log_sum(const ArrayXd& logs) {
    const double greatest = logs.maxCoeff();
    return greatest + std::log((logs - greatest).exp().sum());
}

std::size_t index(double coordinate) {
    return static_cast<std::size_t>(coordinate);
}

Index count_intervals(std::span<const ParzenAxis> axes) {
    return std::ranges::count(axes, ParzenAxis::Kind::interval, &ParzenAxis::kind);
}

// On an interval: the logarithm of a truncated kernel's peak.
double log_peak(double centre, double width) {
    return -std::log(width * std::sqrt(2.0 * std::numbers::pi) * mass_inside(centre, width));
}

double offset(std::span<const ParzenAxis> axes, const RowVectorXd& centre, double width) {
    double sum = 0.0;
    for (Index i = 0; i < count_intervals(axes); ++i)
        sum += log_peak(centre[i] + 0.5, width) - 0.5 * centre[i] * centre[i] / (width * width);
    return sum;
}

// Of a cell under a kernel. What is less than a double holds counts as the least it holds: sums
// of logarithms stay finite.
double log_cell(const ParzenAxis& axis, std::size_t cell, double centre, double width) {
    const double inside = normal_mass(axis.edges()[cell], axis.edges()[cell + 1], centre, width);
    return std::log(
        std::max(inside / mass_inside(centre, width), std::numeric_limits<double>::min()));
}

}  // namespace

JointParzen::JointParzen(std::span<const ParzenAxis> axes,
                         Kernels kernels,
                         const ParzenShape& shape)
    : axes_(axes), kernels_(std::move(kernels)), intervals_(count_intervals(axes)) {
    const Index count = kernels_.centres.rows();
    const auto included =
        static_cast<std::size_t>((kernels_.log_weights.head(count) > kLogOfZero).count());
    least_ = least_width(included + 1, shape);
    choice_floor_ = choice_floor(included + 1, shape);
    kernels_.log_weights -= log_sum(kernels_.log_weights);
    if (!kernels_.offsets.empty() && least_ == least_width(kMany, shape)) {
        offsets_ = Eigen::Map<const ArrayXd>(kernels_.offsets.data(), count);
    } else {
        offsets_.resize(count);
        for (Index i = 0; i < count; ++i)
            offsets_[i] = offset(axes_, kernels_.centres.row(i), least_);
    }
    find_wide(shape);
}

double JointParzen::settled_offset(std::span<const ParzenAxis> axes,
                                   const RowVectorXd& centre,
                                   const ParzenShape& shape) {
    return offset(axes, centre, least_width(kMany, shape));
}

void JointParzen::find_wide(const ParzenShape& shape) {
    for (Index axis = 0; axis < kernels_.centres.cols(); ++axis) {
        const ParzenAxis& of_axis = axes_[static_cast<std::size_t>(axis)];
        if (of_axis.kind() == ParzenAxis::Kind::choices)
            continue;
        ParzenPlaces places(of_axis);
        std::vector<Index> oldest(of_axis.places());
        std::vector<Index> newest(of_axis.places());
        for (Index i = 0; i < kernels_.centres.rows(); ++i) {
            if (kernels_.log_weights[i] == kLogOfZero)
                continue;
            const std::size_t place = of_axis.place(kernels_.centres(i, axis));
            if (places.kernels(place) == 0)
                oldest[place] = i;
            newest[place] = i;
            places.add(place, 0.0);
        }
        places.for_each_wide(shape, least_, [&](const ParzenPlaces::Wide& each) {
            const Index kernel = each.oldest ? oldest[each.place] : newest[each.place];
            wide_.push_back(make_wide(kernel, axis, each.width));
        });
    }
    std::ranges::sort(
        wide_, {}, [](const Wide& each) { return std::tuple(each.kernel, each.axis); });
}

JointParzen::Wide JointParzen::make_wide(Index kernel, Index axis, double width) const {
    Wide wide{.kernel = kernel, .axis = axis, .width = width};
    if (axis < intervals_) {
        const double centre = kernels_.centres(kernel, axis) + 0.5;
        wide.shift = log_peak(centre, width) - log_peak(centre, least_);
        wide.curvature = 0.5 / (least_ * least_) - 0.5 / (width * width);
    }
    return wide;
}

double JointParzen::width(Index kernel, Index axis) const {
    const std::tuple key(kernel, axis);
    const auto of = [](const Wide& each) { return std::tuple(each.kernel, each.axis); };
    const auto found = std::ranges::lower_bound(wide_, key, {}, of);
    return found != wide_.end() && of(*found) == key ? found->width : least_;
}

ArrayXd JointParzen::table(const ParzenAxis& axis, std::size_t cell) const {
    ArrayXd logs(static_cast<Index>(axis.size()));
    const double choices = 1.0 + static_cast<double>(axis.size()) * choice_floor_;
    for (std::size_t from = 0; from < axis.size(); ++from)
        logs[static_cast<Index>(from)] =
            axis.kind() == ParzenAxis::Kind::choices
                ? std::log((choice_floor_ + (from == cell ? 1.0 : 0.0)) / choices)
                : log_cell(axis, cell, axis.centre(from), least_);
    return logs;
}

// Points that share a value share what was worked out for it.
JointParzen::Tables JointParzen::tables(const ParzenPoints& points) const {
    Tables tables;
    for (Index column = intervals_; column < points.cols(); ++column) {
        const ParzenAxis& axis = axes_[static_cast<std::size_t>(column)];
        std::vector<ArrayXd>& of_axis = tables.emplace_back();
        for (Index i = 0; i < points.rows(); ++i) {
            Index earlier = 0;
            while (points(earlier, column) != points(i, column))
                ++earlier;
            of_axis.push_back(earlier < i ? of_axis[static_cast<std::size_t>(earlier)]
                                          : table(axis, index(points(i, column))));
        }
    }
    return tables;
}

// Makes the logs of a kernel at the points, a narrow one's so far, those of a wide one.
void JointParzen::widen(const Wide& wide,
                        const ParzenPoints& points,
                        const Tables& tables,
                        Eigen::Ref<RowVectorXd, 0, Eigen::InnerStride<>> logs) const {
    const double centre = kernels_.centres(wide.kernel, wide.axis);
    const auto column = points.col(wide.axis).array();
    if (wide.axis < intervals_) {
        logs.array() += wide.shift + wide.curvature * (column - centre).square().transpose();
        return;
    }
    const ParzenAxis& axis = axes_[static_cast<std::size_t>(wide.axis)];
    const auto& narrow = tables[static_cast<std::size_t>(wide.axis - intervals_)];
    for (Index i = 0; i < points.rows(); ++i)
        logs[i] += log_cell(axis, index(column[i]), axis.centre(index(centre)), wide.width) -
                   narrow[static_cast<std::size_t>(i)][static_cast<Index>(centre)];
}

MatrixXd JointParzen::log_block(Index begin,
                                Index rows,
                                const ParzenPoints& points,
                                const Tables& tables) const {
    // -|x - y|^2 / 2s^2 = x y / s^2 - |x|^2 / 2s^2 - |y|^2 / 2s^2: the first by a product of
    // matrices, the second is in the offsets.
    const double inverse = 1.0 / (least_ * least_);
    const auto inside = points.leftCols(intervals_);
    MatrixXd logs = MatrixXd::Zero(rows, points.rows());
    if (intervals_ > 0)
        logs.noalias() =
            kernels_.centres.block(begin, 0, rows, intervals_) * (inverse * inside.transpose());
    logs.colwise() += offsets_.segment(begin, rows).matrix();
    logs.rowwise() -= (0.5 * inverse * inside.rowwise().squaredNorm()).transpose();
    for (std::size_t axis = 0; axis < tables.size(); ++axis) {
        const auto column = kernels_.centres.col(intervals_ + static_cast<Index>(axis));
        for (Index point = 0; point < points.rows(); ++point) {
            const ArrayXd& table = tables[axis][static_cast<std::size_t>(point)];
            for (Index i = 0; i < rows; ++i)
                logs(i, point) += table[static_cast<Index>(column[begin + i])];
        }
    }
    auto wide = std::ranges::lower_bound(wide_, begin, {}, &Wide::kernel);
    for (; wide != wide_.end() && wide->kernel < begin + rows; ++wide)
        widen(*wide, points, tables, logs.row(wide->kernel - begin));
    return logs;
}

double JointParzen::log_flat(const RowVectorXd& point) const {
    double sum = 0.0;
    for (std::size_t i = 0; i < axes_.size(); ++i) {
        const ParzenAxis& axis = axes_[i];
        const double x = point[static_cast<Index>(i)];
        if (axis.kind() == ParzenAxis::Kind::interval)
            sum += log_peak(kPriorCentre, kPriorWidth) - 0.5 * x * x / (kPriorWidth * kPriorWidth);
        else if (axis.kind() == ParzenAxis::Kind::choices)
            sum -= std::log(static_cast<double>(axis.size()));
        else
            sum += log_cell(axis, index(x), kPriorCentre, kPriorWidth);
    }
    return sum;
}

ArrayXd JointParzen::log_density(const ParzenPoints& points) const {
    const Index count = kernels_.centres.rows();
    const Tables of_cells = tables(points);
    LogSums sums(points.rows());
    // The flat kernel comes first: beside it most others are negligible where there are many axes.
    MatrixXd flat(1, points.rows());
    for (Index i = 0; i < points.rows(); ++i)
        flat(0, i) = log_flat(points.row(i)) + kernels_.log_weights[count];
    sums.add(flat);
    for (Index begin = 0; begin < count; begin += kBlock) {
        const Index rows = std::min(kBlock, count - begin);
        MatrixXd logs = log_block(begin, rows, points, of_cells);
        logs.colwise() += kernels_.log_weights.segment(begin, rows).matrix();
        sums.add(logs);
    }
    return sums.logs();
}

ArrayXd JointParzen::log_kernels(const RowVectorXd& point) const {
    const Index count = kernels_.centres.rows();
    ArrayXd logs(count + 1);
    logs.head(count) = log_block(0, count, point, tables(point)).array();
    logs[count] = log_flat(point);
    return logs;
}

double JointParzen::draw(Index kernel, Index axis, Rng& rng) const {
    const ParzenAxis& of_axis = axes_[static_cast<std::size_t>(axis)];
    if (kernel == kernels_.centres.rows())
        return of_axis.draw_any(rng);
    const double centre = kernels_.centres(kernel, axis);
    if (of_axis.kind() == ParzenAxis::Kind::interval)
        return of_axis.draw(centre + 0.5, width(kernel, axis), rng);
    if (of_axis.kind() == ParzenAxis::Kind::cells)
        return of_axis.draw(of_axis.centre(index(centre)), width(kernel, axis), rng);
    const double all = 1.0 + static_cast<double>(of_axis.size()) * choice_floor_;
    return rng.uniform() * all < 1.0 ? centre : of_axis.draw_any(rng);
}

ParzenPoints JointParzen::sample(std::size_t count, Rng& rng) const {
    std::vector<double> cumulated;
    double sum = 0.0;
    for (const double log_weight : kernels_.log_weights)
        cumulated.push_back(sum += std::exp(log_weight));
    ParzenPoints points(static_cast<Index>(count), static_cast<Index>(axes_.size()));
    for (Index i = 0; i < points.rows(); ++i) {
        const auto found = std::ranges::upper_bound(cumulated, rng.uniform() * sum);
        const auto kernel = std::min<Index>(found - cumulated.begin(), kernels_.centres.rows());
        for (Index axis = 0; axis < points.cols(); ++axis)
            points(i, axis) = draw(kernel, axis, rng);
    }
    return points;
}

}  // namespace parnas::search
