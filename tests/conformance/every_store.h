// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "store/sqlite_store.h"
#include "store/store.h"
#include "tests/store/samples.h"
#include "tests/support/catch.h"

// Every implementation of Store, each made empty. STORE_TEST is a case that all of them
// must pass; TestType is the maker.
namespace parnas::store::samples {

class Memory {
  public:
    Store& operator*() { return *store_; }

  private:
    std::unique_ptr<Store> store_ = make_memory_store();
};

class Sqlite {
  public:
    Store& operator*() { return *store_; }

  private:
    TemporaryFolder folder_;
    std::unique_ptr<Store> store_ = make_sqlite_store({.path = folder_ / "store.db"});
};

}  // namespace parnas::store::samples

#define STORE_TEST(sentence)                           \
    TEMPLATE_TEST_CASE(sentence,                       \
                       "[store][conformance]",         \
                       parnas::store::samples::Memory, \
                       parnas::store::samples::Sqlite)
