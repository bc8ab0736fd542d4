// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// What secrets need, by OpenSSL's libcrypto; core/hash.h is for everything else. All of it throws
// Error(unavailable) if the library cannot do its work.
namespace parnas::crypto {

// FIPS 180-4, as 32 bytes.
std::string sha256(std::string_view bytes);
// RFC 2104 with SHA-256, as 32 bytes.
std::string hmac_sha256(std::string_view key, std::string_view message);

// From the system's generator, for keys and tokens.
std::string random_bytes(std::size_t count);
// Another one for each process on each machine.
std::uint64_t random_seed();

// Takes as long whatever the bytes are; how many there are is no secret.
bool equal_in_constant_time(std::string_view a, std::string_view b);

// Two lower-case hexadecimal digits for each byte.
std::string to_hex(std::string_view bytes);

}  // namespace parnas::crypto
