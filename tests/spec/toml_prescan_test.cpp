#include "spec/toml_prescan.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace serval;

namespace {

bool passes(const std::string& text) {
  return prescan_toml(text, "f").has_value();
}

std::string dotted(int dots) {
  std::string key = "a";
  for (int i = 0; i < dots; ++i)
    key += ".a";
  return key;
}

} // namespace

TEST_CASE("keys of more than 16 dots are refused, however they are hidden") {
  CHECK(passes(dotted(16) + " = 1"));
  for (const auto& text :
       {dotted(17) + " = 1", "[" + dotted(17) + "]",
        "x = {k = \"\"\"a\"\"\"\", " + dotted(17) + " = 1}",
        "x = {k = '''a'''', " + dotted(17) + " = 1}",
        "x = \"\\\"\"\n" + dotted(17) + " = 1", "# \"\n" + dotted(17) + " = 1",
        "x = '\\'\n" + dotted(17) + " = 1"}) {
    CAPTURE(text);
    CHECK_FALSE(passes(text));
  }
}

TEST_CASE("dots and brackets in strings and comments do not count") {
  CHECK(passes("x = \"" + std::string(100, '.') + "\""));
  CHECK(passes("x = '''\n" + std::string(100, '[') + "\n'''"));
  CHECK(passes("# " + std::string(100, '{')));
  CHECK(passes("x = [1.5, 2.5, 3.5, 1.5, 2.5, 3.5, 1.5, 2.5, 3.5, 1.5, 2.5, "
               "3.5, 1.5, 2.5, 3.5, 1.5, 2.5, 3.5]"));
}

TEST_CASE("deep nesting and large texts are refused, many tables are not") {
  CHECK(passes(std::string(64, '[')));
  CHECK_FALSE(passes(std::string(65, '[')));
  CHECK_FALSE(passes("x = " + std::string(65, '{')));
  CHECK_FALSE(passes(std::string(64 * 1024 + 1, ' ')));
  std::string tables;
  for (int i = 0; i < 200; ++i)
    tables += "[backend.b" + std::to_string(i) + "]\n";
  CHECK(passes(tables));
}

TEST_CASE("characters beyond ASCII stand only in strings and comments") {
  CHECK(passes("\xef\xbb\xbf# \u00e4\nx = \"\u00e4\"\ny = '\u00e4'"));
  CHECK_FALSE(passes("\u00e4 = 1"));
  CHECK_FALSE(passes("x = 1 \xff"));
  CHECK_FALSE(passes("x = 1\n\xef\xbb\xbf"));
}

TEST_CASE("a string that does not end is refused, not scanned to the end") {
  CHECK(passes("x = \"\"\ny = ''\nz = \"\"\"a\nb\"\"\""));
  // What follows reached code of toml++ without defined behaviour.
  CHECK_FALSE(passes("x = -\"x\xef\xbb\xbe"));
  CHECK_FALSE(passes("x = \"a\ny = 1"));
  CHECK_FALSE(passes("x = '''a\nb"));
}

TEST_CASE("no character beyond ASCII stands behind a backslash") {
  CHECK(passes("x = \"\\\\\u00e4\"\ny = '\\\u00e4'\nz = \"\\n\u00e4\""));
  CHECK(passes("x = \"\"\"a\\\n  b \u00e4\"\"\""));
  // What follows reached code of toml++ without defined behaviour.
  CHECK_FALSE(passes("x = \"\"\"b\"\"\" \"\"\"\\\xef\xb9\xbf\n\"\"\""));
  CHECK_FALSE(passes("x = \"\"\"\\\u00e4\"\"\""));
  CHECK_FALSE(passes("x = \"\"\"a\\ \n \u00e4\"\"\""));
}

TEST_CASE("a string begins only where a key or a value does") {
  CHECK(passes("x=\"a\"\ny = ['b',\"c\", {\"d\" = \"\", e.'f' = 1}]\n"
               "[\"g\".'h']\n\t\"i\" = '''j'''\n"));
  CHECK(passes("[[\"a\".'b']]\nx={a={b=[1,[2,\"c\"]],d={}},e=\"f\"}\n"
               "y = [\n{z=1},\n{\"z\"=2}]\nv.\"w\"=1"));
  CHECK(passes("\xef\xbb\xbf\"a\" = 1"));
  // What follows reached code of toml++ without defined behaviour.
  CHECK_FALSE(passes("x = 1Z\x01\"\xc8\xaf\""));
  CHECK_FALSE(passes("x = 1\"a\""));
  CHECK_FALSE(passes("x = \"a\"'b'"));
  for (const auto* value : {"1={\"a\"", "1[\"a\"]", "1{\"a\"", "1.\"a\"",
                            "[1=[\"a\"]]", "[2,1={\"a\"", "{y=1=\"a\"}"}) {
    CAPTURE(value);
    CHECK_FALSE(passes(std::string{"x = "} + value));
  }
}
