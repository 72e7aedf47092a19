#pragma once

namespace serval {

/// What every stream socket of a link gets. A Unix socket needs nothing; on
/// TCP, small writes leave at once and little waits unsent in the kernel, so
/// that an urgent frame gets ahead soon. What fails is only slower.
void tune_stream_socket(int socket) noexcept;

/// The address family, such as AF_INET; AF_UNSPEC if it is no socket.
int socket_family(int socket) noexcept;

} // namespace serval
