#include "node/leader_watch.hpp"

#include <doctest/doctest.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

using namespace serval;

namespace {

struct fixture {
  prometheus::Registry registry;
  leader_watch uut{registry};
  std::unique_ptr<node_log> log = std::move(node_log::open({})).value();

  bool shows(const std::string& line) {
    auto text = prometheus::TextSerializer{}.Serialize(registry.Collect());
    return text.find(line + "\n") != std::string::npos;
  }
};

} // namespace

TEST_CASE("a node is ready once it has led, and stays so") {
  fixture node;
  CHECK(node.uut.why_not_ready());
  node.uut.update({leader_role::following, {4}, "n2", "", "", "n2 leads"},
                  *node.log);
  CHECK(node.uut.why_not_ready()->find("n2 leads") != std::string::npos);
  node.uut.update({leader_role::leading, {5}, "n1", "", "", ""}, *node.log);
  CHECK_FALSE(node.uut.why_not_ready());
  node.uut.update({leader_role::following, {6}, "n2", "", "", "n2 leads"},
                  *node.log);
  CHECK_FALSE(node.uut.why_not_ready());
  CHECK(node.uut.view().leader == "n2");
}

TEST_CASE("the metrics tell who leads") {
  fixture node;
  CHECK(node.shows("serval_leading 0"));
  node.uut.update({leader_role::leading, {5}, "n1", "", "", ""}, *node.log);
  CHECK(node.shows("serval_leading 1"));
  CHECK(node.shows("serval_leader_epoch 5"));
}
