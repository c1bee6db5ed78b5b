#include "eal/failing_allocation.hpp"

#include <dlfcn.h>
#include <rte_malloc.h>

#include <cstdlib>
#include <new>

namespace natto::test {
namespace {

thread_local bool armed = false;
thread_local int left = 0;

/// Whether the allocation that is being made is to fail.
bool fails_now() { return armed && --left == 0; }

}  // namespace

FailingAllocation::FailingAllocation(int nth) {
  left = nth;
  armed = true;
}
FailingAllocation::~FailingAllocation() { armed = false; }
bool FailingAllocation::has_failed() const { return left <= 0; }

}  // namespace natto::test

#ifndef NATTO_OPERATOR_NEW_IS_TAKEN
void* operator new(std::size_t size) {
  void* memory = natto::test::fails_now() ? nullptr : std::malloc(size);
  if (memory == nullptr) {
    throw std::bad_alloc();
  }
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
#endif

// In front of DPDK's own, for its libraries too: they find the program's symbols first.
extern "C" {

void* rte_malloc_socket(const char* type, std::size_t size, unsigned align, int socket) {
  static const auto real =
      reinterpret_cast<decltype(&rte_malloc_socket)>(dlsym(RTLD_NEXT, "rte_malloc_socket"));
  return natto::test::fails_now() ? nullptr : real(type, size, align, socket);
}

void* rte_zmalloc_socket(const char* type, std::size_t size, unsigned align, int socket) {
  static const auto real =
      reinterpret_cast<decltype(&rte_zmalloc_socket)>(dlsym(RTLD_NEXT, "rte_zmalloc_socket"));
  return natto::test::fails_now() ? nullptr : real(type, size, align, socket);
}

}  // extern "C"
