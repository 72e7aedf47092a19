// Goal: artifacts come part by part, go on where they were cut off, a few at a
// time, and a leader's nonsense ends one pull only. Method: a shelf in memory
// that answers at once.
#include "cluster/artifact_pull.hpp"

#include <doctest/doctest.h>

#include <optional>

using namespace serval;

namespace {

struct memory_shelf final : artifact_shelf {
  std::map<std::string, std::string> parts;
  std::map<std::string, std::string> whole;
  bool refuses = false;

  void look_up(std::string sha256,
               std::function<void(holding)> on_answer) override {
    on_answer({whole.contains(sha256), parts[sha256].size()});
  }

  void append(std::string sha256, std::uint64_t offset, std::string bytes,
              std::function<void(result<void>)> on_answer) override {
    CHECK(parts[sha256].size() == offset);
    parts[sha256] += bytes;
    on_answer({});
  }

  void complete(std::string sha256,
                std::function<void(result<void>)> on_answer) override {
    auto bytes = parts.extract(sha256).mapped();
    if (refuses)
      return on_answer(error{errc::corrupt, "it was changed on its way"});
    whole[sha256] = bytes;
    on_answer({});
  }
};

struct rig {
  memory_shelf shelf;
  std::vector<artifact_request_message> asked;
  std::vector<std::string> here;
  std::map<std::string, std::string> missing;
  artifact_pull pull{
    {shelf, [this](auto request) { asked.push_back(std::move(request)); },
     [this](const auto& sha256) { here.push_back(sha256); },
     [this](const auto& sha256, const auto& why) { missing[sha256] = why; }}};

  /// Answers the last request from `bytes`, with parts of so many.
  void answer(const std::string& bytes, std::size_t part) {
    auto [sha256, offset] = asked.back();
    pull.on_part({sha256, offset, bytes.size(), bytes.substr(offset, part),
                  {}});
  }
};

} // namespace

TEST_CASE("an artifact is put together from its parts") {
  rig all;
  all.pull.fetch("x");
  while (all.here.empty())
    all.answer("0123456789", 4);
  CHECK(all.shelf.whole["x"] == "0123456789");
  CHECK(all.asked.size() == 3);
}

TEST_CASE("an artifact that is here is not asked for") {
  rig all;
  all.shelf.whole.emplace("x", "0");
  all.pull.fetch("x");
  CHECK(all.asked.empty());
  CHECK(all.here == std::vector<std::string>{"x"});
}

TEST_CASE("a pull that was cut off goes on where it ended") {
  rig all;
  all.pull.fetch("x");
  all.answer("0123456789", 4);
  all.pull.stop();
  all.answer("0123456789", 4); // Late, and nobody waits for it.
  CHECK(all.shelf.parts["x"] == "0123");
  all.pull.fetch("x");
  CHECK(all.asked.back().offset == 4);
  while (all.here.empty())
    all.answer("0123456789", 4);
  CHECK(all.shelf.whole["x"] == "0123456789");
}

TEST_CASE("a few are pulled at once, and the others have their turn") {
  rig all;
  for (const auto* name : {"a", "b", "c"})
    all.pull.fetch(name);
  CHECK(all.asked.size() == 2);
  all.pull.on_part({"a", 0, 0, {}, "the disk broke"});
  CHECK(all.missing["a"] == "the disk broke");
  CHECK(all.asked.size() == 3);
  CHECK(all.asked.back().sha256 == "c");
}

TEST_CASE("parts that nobody asked for are ignored, empty ones end the pull") {
  rig all;
  all.pull.on_part({"x", 0, 4, "0123", {}});
  all.pull.fetch("x");
  all.pull.on_part({"x", 2, 4, "23", {}});
  CHECK(all.shelf.parts["x"].empty());
  all.pull.on_part({"x", 0, 4, {}, {}});
  CHECK(all.missing.contains("x"));
}

TEST_CASE("an artifact that was changed on its way is missing") {
  rig all;
  all.shelf.refuses = true;
  all.pull.fetch("x");
  all.answer("0123", 4);
  CHECK(all.here.empty());
  CHECK(all.missing["x"] == "it was changed on its way");
}

TEST_CASE("an answer that comes when the pull is gone is for nobody") {
  struct slow_shelf final : artifact_shelf {
    std::function<void(holding)> answer;

    void look_up(std::string, std::function<void(holding)> then) override {
      answer = std::move(then);
    }

    void append(std::string, std::uint64_t, std::string,
                std::function<void(result<void>)>) override {
    }

    void complete(std::string, std::function<void(result<void>)>) override {
    }
  } shelf;
  int asked = 0;
  {
    artifact_pull pull{{shelf, [&](auto) { ++asked; }, [](const auto&) {},
                        [](const auto&, const auto&) {}}};
    pull.fetch("x");
  }
  shelf.answer({false, 0});
  CHECK(asked == 0);
}
