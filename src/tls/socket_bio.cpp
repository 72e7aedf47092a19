#include "tls/socket_bio.hpp"

#include <openssl/bio.h>

#include <sys/socket.h>

#include <cerrno>
#include <cstdint>

namespace serval {

namespace {

int socket_of(BIO* bio) noexcept {
  return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

bool may_try_again() noexcept {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

int write(BIO* bio, const char* bytes, int size) noexcept {
  BIO_clear_retry_flags(bio);
  auto count = ::send(socket_of(bio), bytes, static_cast<std::size_t>(size),
                      MSG_NOSIGNAL);
  if (count < 0 && may_try_again())
    BIO_set_retry_write(bio);
  return static_cast<int>(count);
}

int read(BIO* bio, char* bytes, int size) noexcept {
  BIO_clear_retry_flags(bio);
  auto count = ::recv(socket_of(bio), bytes, static_cast<std::size_t>(size),
                      0);
  if (count < 0 && may_try_again())
    BIO_set_retry_read(bio);
  if (count == 0)
    BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return static_cast<int>(count);
}

long control(BIO* bio, int command, long, void*) noexcept {
  switch (command) {
    case BIO_CTRL_FLUSH: // Nothing is kept back.
      return 1;
    case BIO_CTRL_EOF:
      return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    default:
      return 0;
  }
}

BIO_METHOD* make_method() noexcept {
  auto* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK,
                              "socket");
  if (method == nullptr)
    return nullptr;
  BIO_meth_set_write(method, write);
  BIO_meth_set_read(method, read);
  BIO_meth_set_ctrl(method, control);
  return method;
}

} // namespace

BIO* make_socket_bio(int socket) noexcept {
  // Never freed: sessions may outlive whatever would free it.
  static BIO_METHOD* const method = make_method();
  auto* bio = method == nullptr ? nullptr : BIO_new(method);
  if (bio == nullptr)
    return nullptr;
  BIO_set_data(bio, reinterpret_cast<void*>(std::intptr_t{socket}));
  BIO_set_init(bio, 1);
  return bio;
}

} // namespace serval
