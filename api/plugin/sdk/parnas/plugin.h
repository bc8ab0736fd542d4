/* SPDX-License-Identifier: Apache-2.0 */
/* The whole binary interface between parnas and a plugin that is a shared library. Only C and
 * UTF-8 JSON cross it, so a plugin may be built with any compiler, standard library or language
 * (docs/adding-parts/protocol.md). */
#ifndef PARNAS_PLUGIN_H
#define PARNAS_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PARNAS_PLUGIN_ABI 1u
#define PARNAS_PLUGIN_EXPORT __attribute__((visibility("default")))

/* Must return PARNAS_PLUGIN_ABI; parnas refuses the library otherwise. */
PARNAS_PLUGIN_EXPORT uint32_t parnas_plugin_abi(void);

/* Answers one request of JSON-RPC 2.0, `length` bytes of text, with another text, whose bytes it
 * counts in `*reply_length`. Called from one thread at a time. Must not throw. The reply stays
 * valid until the next call; parnas never unloads a plugin. */
PARNAS_PLUGIN_EXPORT const char* parnas_plugin_call(const char* request,
                                                    size_t length,
                                                    size_t* reply_length);

#ifdef __cplusplus
}
#endif

#endif
