#pragma once

using BIO = struct bio_st;

namespace serval {

/// OpenSSL's way to a socket that does not block, and that stays its owner's.
/// OpenSSL's own would raise SIGPIPE, which ends programs that do not expect
/// it. Null if memory is out.
BIO* make_socket_bio(int socket) noexcept;

} // namespace serval
