// Unary echo with gRPC's asynchronous C++ interface, one completion queue and
// one thread a side. echo.hpp has the usage.

#include "echo.hpp"

#include "echo.grpc.pb.h"

#include <grpcpp/grpcpp.h>

#include <deque>
#include <memory>

namespace {

/// One request being served; used again for the next.
class served_call {
public:
  served_call(echo_bench::Echo::AsyncService& service,
              grpc::ServerCompletionQueue& queue)
    : service_(service), queue_(queue) {
    begin();
  }

  void proceed() {
    if (answered_)
      return begin();
    answered_ = true;
    answer_.mutable_text()->swap(*request_.mutable_text());
    writer_->Finish(answer_, grpc::Status::OK, this);
  }

private:
  void begin() {
    answered_ = false;
    context_ = std::make_unique<grpc::ServerContext>();
    writer_ = std::make_unique<
      grpc::ServerAsyncResponseWriter<echo_bench::Body>>(context_.get());
    service_.RequestAsk(context_.get(), &request_, writer_.get(), &queue_,
                        &queue_, this);
  }

  echo_bench::Echo::AsyncService& service_;
  grpc::ServerCompletionQueue& queue_;
  bool answered_ = false;
  std::unique_ptr<grpc::ServerContext> context_;
  std::unique_ptr<grpc::ServerAsyncResponseWriter<echo_bench::Body>> writer_;
  echo_bench::Body request_;
  echo_bench::Body answer_;
};

int serve() {
  echo_bench::Echo::AsyncService service;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                           &port);
  builder.RegisterService(&service);
  auto queue = builder.AddCompletionQueue();
  auto server = builder.BuildAndStart();
  if (!server || port == 0)
    echo::fail("cannot listen");
  echo::print_port(static_cast<std::uint16_t>(port));
  std::deque<served_call> calls;
  for (int i = 0; i < 128; ++i)
    calls.emplace_back(service, *queue);
  void* tag = nullptr;
  bool ok = false;
  // A call that its client gave up is asked for again like one that ended.
  while (queue->Next(&tag, &ok))
    static_cast<served_call*>(tag)->proceed();
  return 0;
}

/// A call under way, and what it needs.
struct asked_call {
  void begin(echo_bench::Echo::Stub& stub, grpc::CompletionQueue& queue,
             const echo_bench::Body& request) {
    context = std::make_unique<grpc::ClientContext>();
    reader = stub.AsyncAsk(context.get(), request, &queue);
    reader->Finish(&answer, &status, this);
  }

  std::unique_ptr<grpc::ClientContext> context;
  std::unique_ptr<grpc::ClientAsyncResponseReader<echo_bench::Body>> reader;
  echo_bench::Body answer;
  grpc::Status status;
};

int ask(const echo::settings& what) {
  auto channel
    = grpc::CreateChannel("127.0.0.1:" + std::to_string(what.port),
                          grpc::InsecureChannelCredentials());
  auto stub = echo_bench::Echo::NewStub(channel);
  grpc::CompletionQueue queue;
  echo_bench::Body request;
  request.set_text(what.body);
  std::deque<asked_call> calls(static_cast<std::size_t>(what.in_flight));
  echo::round_trips trips{what.seconds};
  for (auto& each : calls)
    each.begin(*stub, queue, request);
  void* tag = nullptr;
  bool ok = false;
  while (queue.Next(&tag, &ok)) {
    auto& call = *static_cast<asked_call*>(tag);
    if (!call.status.ok())
      echo::fail(call.status.error_message());
    if (call.answer.text().size() != what.body.size())
      echo::fail("an answer is not what was asked");
    if (!trips.count())
      break;
    call.begin(*stub, queue, request);
  }
  trips.print();
  std::fflush(stdout);
  // What is still in flight would be waited for.
  std::_Exit(0);
}

} // namespace

int main(int argc, char** argv) {
  if (echo::is_server(argc, argv))
    return serve();
  return ask(echo::client_settings(argv));
}
