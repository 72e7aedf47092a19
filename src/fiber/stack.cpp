#include "fiber/stack.hpp"

#include <new>

#include <sys/mman.h>
#include <unistd.h>

namespace serval {

namespace {

std::size_t page_bytes() {
  static const auto bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

} // namespace

std::size_t stack::usable_bytes() const noexcept {
  return mapped_bytes - page_bytes();
}

stack_pool::stack_pool(std::size_t usable_bytes) {
  auto page = page_bytes();
  mapped_bytes_ = (usable_bytes + page - 1) / page * page + page;
}

stack_pool::~stack_pool() {
  for (auto& each : idle_)
    munmap(each.base, each.mapped_bytes);
}

stack stack_pool::take() {
  if (!idle_.empty()) {
    auto last = idle_.back();
    idle_.pop_back();
    return last;
  }
  auto* base = mmap(nullptr, mapped_bytes_, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1,
                    0);
  if (base == MAP_FAILED)
    throw std::bad_alloc{};
  if (mprotect(base, page_bytes(), PROT_NONE) != 0) {
    munmap(base, mapped_bytes_);
    throw std::bad_alloc{};
  }
  return {base, mapped_bytes_};
}

void stack_pool::give_back(stack used) {
  if (idle_.size() < idle_max)
    idle_.push_back(used);
  else
    munmap(used.base, used.mapped_bytes);
}

} // namespace serval
