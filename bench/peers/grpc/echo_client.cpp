// A closed loop of calls to echo_server on one channel, from one thread. Every
// answer is compared with what was sent. Prints one JSON object.
//
// usage: echo_client PORT IN_FLIGHT BYTES SECONDS

#include "echo.grpc.pb.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace {

using clock_type = std::chrono::steady_clock;

struct call {
  std::unique_ptr<grpc::ClientContext> context;
  std::unique_ptr<grpc::ClientAsyncResponseReader<echo::Bytes>> reader;
  echo::Bytes reply;
  grpc::Status status;
  clock_type::time_point sent;
};

class closed_loop {
public:
  closed_loop(const std::string& target, std::string body)
    : stub_(echo::Echo::NewStub(
        grpc::CreateChannel(target, grpc::InsecureChannelCredentials()))) {
    request_.set_body(std::move(body));
  }

  /// Keeps `in_flight` calls under way and returns what each took, in µs.
  std::vector<double> run(std::size_t in_flight, double seconds) {
    std::vector<call> calls(in_flight);
    std::vector<double> took_us;
    auto end = clock_type::now()
               + std::chrono::nanoseconds{
                 static_cast<std::int64_t>(seconds * 1e9)};
    for (auto& each : calls)
      start(each);
    for (auto open = in_flight; open > 0;) {
      auto& done = next();
      auto now = clock_type::now();
      took_us.push_back(
        std::chrono::duration<double, std::micro>(now - done.sent).count());
      if (now < end)
        start(done);
      else
        --open;
    }
    return took_us;
  }

private:
  void start(call& each) {
    each.context = std::make_unique<grpc::ClientContext>();
    each.sent = clock_type::now();
    each.reader = stub_->AsyncCall(each.context.get(), request_, &queue_);
    each.reader->Finish(&each.reply, &each.status, &each);
  }

  call& next() {
    void* tag = nullptr;
    bool ok = false;
    if (!queue_.Next(&tag, &ok))
      std::abort();
    auto& done = *static_cast<call*>(tag);
    if (!ok || !done.status.ok() || done.reply.body() != request_.body()) {
      std::fprintf(stderr, "a call failed: %s\n",
                   done.status.error_message().c_str());
      std::exit(1);
    }
    return done;
  }

  std::unique_ptr<echo::Echo::Stub> stub_;
  grpc::CompletionQueue queue_;
  echo::Bytes request_;
};

double quantile(const std::vector<double>& sorted, double share) {
  return sorted[static_cast<std::size_t>(
    share * static_cast<double>(sorted.size() - 1))];
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("usage: echo_client PORT IN_FLIGHT BYTES SECONDS\n", stderr);
    return 2;
  }
  auto in_flight = std::strtoul(argv[2], nullptr, 10);
  closed_loop load{std::string{"127.0.0.1:"} + argv[1],
                   std::string(std::strtoul(argv[3], nullptr, 10), 'x')};
  load.run(in_flight, 0.3);
  auto start = clock_type::now();
  auto took_us = load.run(in_flight, std::atof(argv[4]));
  auto seconds
    = std::chrono::duration<double>(clock_type::now() - start).count();
  std::sort(took_us.begin(), took_us.end());
  std::printf("{\"version\": \"%s\", \"rps\": %.1f, \"p50_us\": %.1f, "
              "\"p99_us\": %.1f}\n",
              grpc::Version().c_str(),
              static_cast<double>(took_us.size()) / seconds,
              quantile(took_us, 0.5), quantile(took_us, 0.99));
}
