#pragma once

#include "serval/serval.hpp"

/// Answers a request with itself.
struct echo : serval::backend {
  std::string handle(serval::context&, std::string_view request) override {
    return std::string{request};
  }
};
