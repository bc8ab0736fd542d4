// SPDX-License-Identifier: Apache-2.0
#include "core/crypto/sha256.h"

#include <climits>
#include <cstring>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "core/error.h"

namespace parnas::crypto {
namespace {

constexpr std::size_t kSha256Bytes = 32;

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes_of(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
}

void need(bool done, const char* what) {
    if (!done)
        throw Error(ErrorKind::unavailable, std::string("libcrypto cannot compute ") + what);
}

}  // namespace

std::string sha256(std::string_view bytes) {
    std::string digest(kSha256Bytes, '\0');
    unsigned int size = 0;
    need(
        EVP_Digest(bytes.data(), bytes.size(), bytes_of(digest), &size, EVP_sha256(), nullptr) == 1,
        "SHA-256");
    return digest;
}

std::string hmac_sha256(std::string_view key, std::string_view message) {
    check(key.size() <= INT_MAX, "the key is short");
    std::string digest(kSha256Bytes, '\0');
    unsigned int size = 0;
    need(HMAC(EVP_sha256(),
              key.data(),
              static_cast<int>(key.size()),
              bytes_of(message),
              message.size(),
              bytes_of(digest),
              &size) != nullptr,
         "HMAC-SHA-256");
    return digest;
}

std::string random_bytes(std::size_t count) {
    check(count <= INT_MAX, "secrets are short");
    std::string bytes(count, '\0');
    need(RAND_bytes(bytes_of(bytes), static_cast<int>(count)) == 1, "random bytes");
    return bytes;
}

std::uint64_t random_seed() {
    std::uint64_t seed = 0;
    std::memcpy(&seed, random_bytes(sizeof seed).data(), sizeof seed);
    return seed;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string to_hex(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    hex.reserve(2 * bytes.size());
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        hex += kDigits[byte >> 4];
        hex += kDigits[byte & 15];
    }
    return hex;
}

}  // namespace parnas::crypto
