// Echo over the whole path: client -> RPC -> trigger -> worker and back. Asks a
// daemon that serves an application `app`. echo.hpp has the usage; there is no
// server here.

#include "echo.hpp"

#include "serval/client.hpp"

#include <future>

namespace {

class source {
public:
  explicit source(const echo::settings& what)
    : what_(what),
      client_("127.0.0.1:" + std::to_string(what.port)),
      trips_(what.seconds) {
    for (int i = 0; i < what.in_flight; ++i)
      next();
    done_.get_future().wait();
    trips_.print();
  }

private:
  void next() {
    client_.start("app", what_.body, {}, [this](serval::client_reply reply) {
      answered(std::move(reply));
    });
  }

  void answered(serval::client_reply reply) {
    if (over_)
      return;
    if (!reply.ok())
      echo::fail(reply.body);
    if (reply.body.size() != what_.body.size())
      echo::fail("an answer is not what was asked");
    over_ = !trips_.count();
    if (over_)
      done_.set_value();
    else
      next();
  }

  const echo::settings& what_;
  std::promise<void> done_;
  bool over_ = false;
  serval::client client_;
  echo::round_trips trips_;
};

} // namespace

int main(int argc, char** argv) {
  if (echo::is_server(argc, argv))
    echo::fail("deploy an application instead");
  auto what = echo::client_settings(argv);
  source{what};
}
