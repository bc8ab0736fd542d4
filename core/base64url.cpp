// SPDX-License-Identifier: Apache-2.0
#include "core/base64url.h"

#include <cstdint>

namespace parnas {
namespace {

constexpr std::string_view kBase64Digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

std::string to_base64url(std::string_view bytes) {
    std::string text;
    text.reserve((4 * bytes.size() + 2) / 3);
    std::uint32_t held = 0;  // bits that are not written yet, the last `count` of them
    int count = 0;
    for (const char c : bytes) {
        held = (held << 8) | static_cast<unsigned char>(c);
        for (count += 8; count >= 6; count -= 6)
            text += kBase64Digits[(held >> (count - 6)) & 63];
    }
    if (count > 0)
        text += kBase64Digits[(held << (6 - count)) & 63];
    return text;
}

std::optional<std::string> from_base64url(std::string_view text) {
    std::string bytes;
    bytes.reserve(3 * text.size() / 4);
    std::uint32_t held = 0;
    int count = 0;
    for (const char c : text) {
        const std::size_t digit = kBase64Digits.find(c);
        if (digit == std::string_view::npos)
            return std::nullopt;
        held = (held << 6) | static_cast<std::uint32_t>(digit);
        count += 6;
        if (count >= 8) {
            count -= 8;
            bytes += static_cast<char>((held >> count) & 255);
        }
    }
    const bool canonical = count < 6 && (held & ((1U << count) - 1)) == 0;
    return canonical ? std::optional(std::move(bytes)) : std::nullopt;
}

}  // namespace parnas
