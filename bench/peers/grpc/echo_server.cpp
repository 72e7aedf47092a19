// A gRPC server that answers what it was asked: the asynchronous interface,
// with one completion queue and one thread.
//
// usage: echo_server PORT

#include "echo.grpc.pb.h"

#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace {

/// One call at a time: waits for it, answers it, waits for the next.
class call {
public:
  call(echo::Echo::AsyncService& service, grpc::ServerCompletionQueue& queue)
    : service_(service), queue_(queue) {
    wait();
  }

  void step() {
    if (answered_)
      return wait();
    answered_ = true;
    reply_.mutable_body()->swap(*request_.mutable_body());
    exchange_->writer.Finish(reply_, grpc::Status::OK, this);
  }

private:
  struct exchange {
    grpc::ServerContext context;
    grpc::ServerAsyncResponseWriter<echo::Bytes> writer{&context};
  };

  void wait() {
    answered_ = false;
    exchange_ = std::make_unique<exchange>();
    service_.RequestCall(&exchange_->context, &request_, &exchange_->writer,
                         &queue_, &queue_, this);
  }

  echo::Echo::AsyncService& service_;
  grpc::ServerCompletionQueue& queue_;
  std::unique_ptr<exchange> exchange_;
  echo::Bytes request_;
  echo::Bytes reply_;
  bool answered_ = false;
};

} // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: echo_server PORT\n", stderr);
    return 2;
  }
  grpc::ServerBuilder builder;
  builder.AddListeningPort(std::string{"127.0.0.1:"} + argv[1],
                           grpc::InsecureServerCredentials());
  echo::Echo::AsyncService service;
  builder.RegisterService(&service);
  auto queue = builder.AddCompletionQueue();
  auto server = builder.BuildAndStart();
  if (!server)
    return 1;
  // More than the client has in flight.
  std::vector<std::unique_ptr<call>> calls;
  for (int i = 0; i < 256; ++i)
    calls.push_back(std::make_unique<call>(service, *queue));
  void* tag = nullptr;
  bool ok = false;
  // It runs until it is killed; `ok` is false for calls whose client has left.
  while (queue->Next(&tag, &ok))
    static_cast<call*>(tag)->step();
}
