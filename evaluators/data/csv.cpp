// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "evaluators/data/csv_text.h"
#include "evaluators/data/file.h"
#include "evaluators/data/readers.h"
#include "spaces/shapes.h"

namespace parnas::evaluators {
namespace {

class CsvReader {
  public:
    explicit CsvReader(const CsvOptions& options) : options_(options) {}

    DataSet read() {
        CsvText text(read_content(options_.path));
        CsvRow row;
        for (std::int64_t i = 0; i < options_.skip; ++i)
            text.next(row);
        if (!text.next(row))
            fail("the file is empty");
        columns_ = row.fields.size();
        label_ = label_column(row);
        bool more = !is_header(row) || text.next(row);
        for (; more && faults_.list().size() < kMaxFaults; more = text.next(row))
            add(row);
        faults_.throw_if_any();
        if (labels_.empty())
            fail("there are no samples");

        DataSet data;
        data.shape = shape();
        data.values = std::move(values_);
        data.digest = hash_bytes(text.content());
        number_labels(data);
        return data;
    }

  private:
    [[noreturn]] void fail(std::string message) const {
        throw Error(ErrorKind::invalid_input, std::move(message), options_.path.string());
    }

    void fault(const CsvRow& row, std::size_t column, std::string message) {
        faults_.add(fmt::format("{}:{}", options_.path.string(), row.line),
                    fmt::format("column {}: {}", column + 1, message));
    }

    std::size_t label_column(const CsvRow& first) const {
        if (const auto* name = std::get_if<std::string>(&options_.label)) {
            const auto found = std::ranges::find(first.fields, *name);
            if (found == first.fields.end())
                fail(fmt::format("the header has no column '{}'", *name));
            return static_cast<std::size_t>(found - first.fields.begin());
        }
        const auto count = static_cast<std::int64_t>(columns_);
        const std::int64_t index = std::get<std::int64_t>(options_.label);
        if (index >= count || index < -count)
            fail(
                fmt::format("label: there is no column {}; the file has {} columns, counted from 0",
                            index,
                            count));
        if (count < 2)
            fail("expected features and a label, found one column");
        return static_cast<std::size_t>(index < 0 ? index + count : index);
    }

    bool is_header(const CsvRow& first) const {
        if (options_.header)
            return *options_.header;
        if (std::holds_alternative<std::string>(options_.label))
            return true;
        for (std::size_t column = 0; column < columns_; ++column) {
            const std::string_view field = first.fields[column];
            if (column != label_ && !is_missing(field) && !to_number<double>(field))
                return true;
        }
        return false;
    }

    void add(const CsvRow& row) {
        if (row.fields.size() != columns_) {
            faults_.add(fmt::format("{}:{}", options_.path.string(), row.line),
                        fmt::format("expected {} fields as in the first row, found {}",
                                    columns_,
                                    row.fields.size()));
            return;
        }
        for (std::size_t column = 0; column < columns_; ++column) {
            const std::string_view field = row.fields[column];
            if (is_missing(field))
                fault(row, column, fmt::format("the value is missing: '{}'", field));
            else if (column == label_)
                labels_.emplace_back(field);
            else
                add_feature(row, column, field);
        }
    }

    void add_feature(const CsvRow& row, std::size_t column, std::string_view field) {
        const std::optional<float> value = to_number<float>(field);
        if (!value)
            fault(row, column, fmt::format("expected a number, found '{}'", field));
        else if (!std::isfinite(*value))
            fault(row, column, fmt::format("expected a finite number, found '{}'", field));
        else
            values_.push_back(*value);
    }

    spaces::Shape shape() const {
        const auto features = static_cast<std::int64_t>(columns_ - 1);
        if (options_.shape.empty())
            return {features};
        std::int64_t product = 1;
        for (const std::int64_t size : options_.shape) {
            if (size > features / product)
                fail(fmt::format("shape {} does not hold the file's {} features",
                                 spaces::to_string(options_.shape),
                                 features));
            product *= size;
        }
        if (product != features)
            fail(fmt::format("shape {} holds {} values, but the file has {} features",
                             spaces::to_string(options_.shape),
                             product,
                             features));
        return options_.shape;
    }

    void number_labels(DataSet& data) const {
        const bool numbers = std::ranges::all_of(
            labels_, [](const std::string& label) { return to_number<double>(label).has_value(); });
        // Numbers are ordered among themselves by value, texts by their characters.
        using Key = std::pair<double, std::string>;
        const auto key_of = [numbers](const std::string& label) {
            return numbers ? Key(*to_number<double>(label), "") : Key(0.0, label);
        };
        std::map<Key, std::int32_t> classes;
        for (const std::string& label : labels_)
            classes.emplace(key_of(label), 0);
        std::int32_t next = 0;
        for (auto& [key, number] : classes)
            number = next++;
        data.classes = next;
        data.labels.reserve(labels_.size());
        for (const std::string& label : labels_)
            data.labels.push_back(classes.at(key_of(label)));
    }

    const CsvOptions& options_;
    Faults faults_;
    std::size_t columns_ = 0;
    std::size_t label_ = 0;
    std::vector<float> values_;
    std::vector<std::string> labels_;
};

}  // namespace

DataSet read_csv(const CsvOptions& options) {
    return CsvReader(options).read();
}

}  // namespace parnas::evaluators
