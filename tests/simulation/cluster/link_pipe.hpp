#pragma once

#include "cluster/control_pipe.hpp"
#include "simulation/cluster/fabric.hpp"

namespace serval::simulation {

/// The leader's end of a link.
class link_pipe final : public control_pipe {
public:
  link_pipe(link_handle link, std::string peer)
    : link_(std::move(link)), peer_(std::move(peer)) {
    // nop
  }

  const std::string& peer() const override {
    return peer_;
  }

  void send(const cluster_message& message) override {
    link_.send(encode_cluster_message(message));
  }

  void close() override {
    link_.close();
  }

private:
  link_handle link_;
  std::string peer_;
};

} // namespace serval::simulation
