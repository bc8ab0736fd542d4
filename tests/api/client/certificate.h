// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdexcept>
#include <string>

namespace parnas::tests {

// A certificate that is its own authority, with its key, as two PEM files.
struct CertificateFiles {
    std::filesystem::path certificate;
    std::filesystem::path key;
};

// `host` as OpenSSL writes it: "IP:127.0.0.1", "DNS:lab.example". Valid for an hour.
inline CertificateFiles make_certificate(const std::filesystem::path& folder,
                                         const std::string& host) {
    constexpr long kHour = 3600;
    constexpr long kVersion3 = 2;
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"),
                                                                  EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
    X509_set_version(certificate.get(), kVersion3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kHour);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kHour);
    X509_set_pubkey(certificate.get(), key.get());
    X509_NAME* name = X509_get_subject_name(certificate.get());
    const std::string common = "parnas test";
    X509_NAME_add_entry_by_txt(name,
                               "CN",
                               MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(common.data()),
                               static_cast<int>(common.size()),
                               -1,
                               0);
    X509_set_issuer_name(certificate.get(), name);
    const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> hosts(
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, host.c_str()),
        X509_EXTENSION_free);
    X509_add_ext(certificate.get(), hosts.get(), -1);
    if (X509_sign(certificate.get(), key.get(), EVP_sha256()) == 0)
        throw std::runtime_error("no certificate");

    CertificateFiles files{folder / (common + ".pem"), folder / (common + ".key")};
    const auto open = [](const std::filesystem::path& path) {
        return std::unique_ptr<std::FILE, decltype(&std::fclose)>(std::fopen(path.c_str(), "w"),
                                                                  std::fclose);
    };
    PEM_write_X509(open(files.certificate).get(), certificate.get());
    PEM_write_PrivateKey(open(files.key).get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::filesystem::permissions(
        files.key, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    return files;
}

}  // namespace parnas::tests
