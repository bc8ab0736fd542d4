// SPDX-License-Identifier: Apache-2.0
#include "api/http/serving/tls.h"
#include "core/error.h"

namespace parnas::http {

std::unique_ptr<Tls> make_tls(const TlsFiles& files) {
    throw Error(ErrorKind::invalid_input,
                "this parnas was built without TLS (PARNAS_TLS): a proxy in front can have it",
                files.certificate.string());
}

}  // namespace parnas::http
